// HTTP/2 with a backend over a network in memory, in virtual time.
#include <gtest/gtest.h>

#include <optional>

#include "http/client_connection.h"
#include "http/h2_peer.h"
#include "http/heard_answer.h"
#include "http/virtual_world.h"

namespace gnomon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Answer = HeardAnswer;

class ClientH2Test : public testing::Test, protected VirtualWorld, private ClientOwner {
 protected:
  void connect() {
    auto [ours, theirs] = network.make_pair();
    backend.emplace(H2Peer::Role::server, std::move(theirs));
    connection = make_client_h2({loop, read_buffer, settings, net::Lane::live}, *this,
                                std::move(ours), seconds(1));
    settle();
    ASSERT_TRUE(connected);
  }
  // Begins a request; ids of streams count up from 1 in steps of two.
  ClientStream& ask(Answer& answer, BodyKind body = BodyKind::none) {
    ClientStream& stream = connection->start(answer);
    RequestHead head;
    head.method_name = body == BodyKind::none ? "GET" : "POST";
    head.scheme = "http";
    head.authority = "b.test";
    head.path = "/";
    head.body = body;
    stream.send_head(head);
    if (body == BodyKind::none) stream.send_end({});
    settle();
    return stream;
  }
  void say(const std::string& frames) {
    backend->say(frames);
    settle();
  }
  static std::string head(uint32_t stream, const char* status, bool end = false) {
    return h2_head(stream, {{":status", status}}, end);
  }

  void on_connected(ClientConnection& /*connection*/) override { connected = true; }
  void on_idle(ClientConnection& /*connection*/) override { ++told_room; }
  void on_closed(ClientConnection& /*connection*/, const Error* /*connect_error*/) override {
    closed = true;
  }

  ClientSettings settings;
  std::optional<H2Peer> backend;
  std::unique_ptr<ClientConnection> connection;
  bool connected = false;
  bool closed = false;
  int told_room = 0;
};

TEST_F(ClientH2Test, a_silent_backend_is_asked_for_a_sign_of_life) {
  connect();
  Answer answer;
  ask(answer);
  advance(seconds(14));
  EXPECT_EQ(backend->count(kH2Ping), 0u);
  advance(seconds(2));
  EXPECT_EQ(backend->count(kH2Ping), 1u);
  advance(seconds(60));
  say(head(1, "200", true));
  EXPECT_TRUE(answer.ended);
  EXPECT_FALSE(closed);
}

TEST_F(ClientH2Test, a_dead_backend_gets_no_further_request_and_is_given_up) {
  connect();
  backend->answer_pings(false);
  Answer first;
  ask(first);
  say(head(1, "200", true));
  Answer answer;
  ask(answer);
  advance(seconds(17));
  EXPECT_EQ(backend->count(kH2Ping), 1u);
  EXPECT_EQ(connection->room(), 0u);
  EXPECT_FALSE(answer.failure);
  advance(seconds(30));
  ASSERT_TRUE(answer.failure);
  EXPECT_EQ(answer.failure->code, Errc::reset);
  EXPECT_EQ(answer.failure->retry, Retry::no);  // but by a policy: it may have been looked at
  EXPECT_TRUE(closed);
  EXPECT_TRUE(backend->closed());
}

TEST_F(ClientH2Test, a_late_sign_of_life_makes_room_again) {
  connect();
  backend->answer_pings(false);
  Answer answer;
  ask(answer);
  advance(seconds(20));
  EXPECT_EQ(connection->room(), 0u);
  const int before = told_room;
  say(head(1, "103"));
  EXPECT_GT(connection->room(), 0u);
  EXPECT_GT(told_room, before);
  advance(seconds(20));
  EXPECT_FALSE(answer.failure);
}

// One that hears of requests, all given up one after another, is silent all the while.
TEST_F(ClientH2Test, a_dead_backend_is_found_out_by_requests_that_are_given_up) {
  connect();
  backend->answer_pings(false);
  for (int i = 0; i < 14; ++i) {
    Answer answer;
    ClientStream& stream = ask(answer);
    advance(seconds(1));
    stream.cancel();
    settle();
  }
  EXPECT_EQ(backend->count(kH2Ping), 0u);
  Answer answer;
  ClientStream& stream = ask(answer);
  advance(seconds(3));
  EXPECT_EQ(backend->count(kH2Ping), 1u);
  EXPECT_EQ(connection->room(), 0u);
  stream.cancel();
  advance(seconds(30));
  EXPECT_TRUE(closed);
}

TEST_F(ClientH2Test, an_idle_backend_is_left_alone) {
  connect();
  Answer answer;
  ask(answer);
  say(head(1, "200", true));
  advance(seconds(1000));
  EXPECT_EQ(backend->count(kH2Ping), 0u);
  EXPECT_FALSE(closed);
}

// ---- flow control

TEST_F(ClientH2Test, a_body_goes_as_far_as_its_window_lets_it) {
  connect();
  backend->open_windows(false);
  Answer answer;
  ClientStream& stream = ask(answer, BodyKind::streamed);
  stream.send_body(Chunk::copy_of(std::string(200'000, 'r')));
  settle();
  EXPECT_EQ(backend->body(1).size(), 65'535u);
  EXPECT_EQ(stream.unsent(), 200'000u - 65'535);
  EXPECT_EQ(answer.writable, 0);
  const std::string more = h2_u32(200'000);
  say(h2_frame(kH2WindowUpdate, 0, 0, more) + h2_frame(kH2WindowUpdate, 0, 1, more));
  EXPECT_EQ(backend->body(1).size(), 200'000u);
  EXPECT_EQ(answer.writable, 1);
}

TEST_F(ClientH2Test, a_stream_without_a_window_holds_up_no_other) {
  connect();
  backend->open_windows(false);
  Answer stuck;
  Answer other;
  ask(stuck, BodyKind::streamed).send_body(Chunk::copy_of(std::string(65'535, 'r')));
  settle();
  say(h2_frame(kH2WindowUpdate, 0, 0, h2_u32(1'000'000)));
  ask(stuck, BodyKind::streamed);
  ask(other, BodyKind::streamed).send_body(Chunk::copy_of(std::string(60'000, 'r')));
  settle();
  EXPECT_EQ(backend->body(5).size(), 60'000u);
}

std::string data(uint32_t stream, size_t bytes) {
  std::string frames;
  for (size_t left = bytes; left > 0;) {
    const size_t n = std::min<size_t>(left, 16'384);
    left -= n;
    frames += h2_frame(kH2Data, 0, stream, std::string(n, 'd'));
  }
  return frames;
}

TEST_F(ClientH2Test, the_window_of_a_paused_answer_opens_when_it_goes_on_and_holds_up_no_other) {
  settings.h2.connection_window = 300'000;
  connect();
  Answer paused;
  Answer other;
  ClientStream& stream = ask(paused);
  ask(other);
  say(head(1, "200") + head(3, "200"));
  stream.pause();
  say(data(1, 200'000));
  EXPECT_TRUE(paused.body.empty());
  EXPECT_EQ(backend->window_opened(1), 0u);
  for (int i = 0; i < 10; ++i) say(data(3, 100'000));
  EXPECT_EQ(other.body.size(), 1'000'000u);
  stream.resume();
  settle();
  EXPECT_EQ(paused.body.size(), 200'000u);
  EXPECT_GT(backend->window_opened(1), 100'000u);
}

TEST_F(ClientH2Test, a_backend_that_sends_more_than_its_window_loses_the_stream) {
  connect();
  Answer answer;
  ClientStream& stream = ask(answer);
  say(head(1, "200"));
  stream.pause();
  say(data(1, settings.h2.stream_window + 1));
  ASSERT_NE(backend->last(kH2Reset, 1), nullptr);
  EXPECT_EQ(backend->last(kH2Reset, 1)->number(), 3u);  // FLOW_CONTROL_ERROR
  EXPECT_TRUE(answer.failure);
  EXPECT_FALSE(closed);
}

// Frames are made as they are taken: what streams have to say stays where it is counted.
TEST_F(ClientH2Test, for_a_backend_that_reads_nothing_few_frames_are_made_and_it_is_given_up) {
  connect();
  say(h2_frame(kH2WindowUpdate, 0, 0, h2_u32(1U << 30)));
  backend->read(false);
  std::vector<std::unique_ptr<Answer>> answers;
  std::vector<ClientStream*> streams;
  for (int i = 0; i < 20; ++i) {
    answers.push_back(std::make_unique<Answer>());
    streams.push_back(&ask(*answers.back(), BodyKind::streamed));
    streams.back()->send_body(Chunk::copy_of(std::string(60'000, 'r')));
  }
  settle();
  size_t unsent = 0;
  for (const ClientStream* stream : streams) unsent += stream->unsent();
  constexpr size_t kInNetwork = 65'536;
  constexpr size_t kInFrames = 65'536 + 32'768;
  EXPECT_GT(unsent + kInNetwork + kInFrames, 20u * 60'000);
  advance(milliseconds(1'100));
  EXPECT_EQ(connection->room(), 0u);
  advance(seconds(31));
  EXPECT_TRUE(closed);
  for (const auto& answer : answers) EXPECT_TRUE(answer->failure);
}

// Each grant that follows from a frame of ours is no noise, however little the frame held.
TEST_F(ClientH2Test, a_backend_that_grants_a_window_for_each_small_frame_floods_nobody) {
  connect();
  Answer answer;
  ClientStream& stream = ask(answer, BodyKind::streamed);
  backend->read(false);
  for (int i = 0; i < 3000; ++i) {
    stream.send_body(Chunk::copy_of("tiny"));
    for (int turn = 0; turn < 3; ++turn) loop.run_once(Duration::zero());
  }
  backend->read(true);
  settle();
  EXPECT_GT(backend->count(kH2Data, 1), 2900u);
  EXPECT_FALSE(answer.failure);
  EXPECT_FALSE(closed);
}

// They are ours, and no replies.
TEST_F(ClientH2Test, thousands_of_requests_may_wait_for_a_backend_that_pauses) {
  connect();
  say(h2_frame(kH2Settings, 0, 0, std::string("\0\3", 2) + h2_u32(100'000)));
  backend->read(false);
  std::vector<std::unique_ptr<Answer>> answers;
  for (int i = 0; i < 6000; ++i) {
    answers.push_back(std::make_unique<Answer>());
    ClientStream& stream = connection->start(*answers.back());
    const std::string path = "/" + std::to_string(i * 1'000'003LL) + std::string(20, '!');
    RequestHead head;
    head.method_name = "GET";
    head.scheme = "http";
    head.authority = "b.test";
    head.path = path;
    stream.send_head(head);
    stream.send_end({});
  }
  settle();
  say(h2_frame(kH2Ping, 0, 0, "8 bytes!"));
  EXPECT_FALSE(closed);
  backend->read(true);
  settle();
  EXPECT_EQ(backend->count(kH2Headers), 6000u);
}

// ---- the ends of streams and connections

std::string setting_of_window(uint32_t bytes) {
  return h2_frame(kH2Settings, 0, 0, std::string("\0\4", 2) + h2_u32(bytes)) +
         h2_frame(kH2WindowUpdate, 0, 0, h2_u32(bytes));
}

// A frame of it is made and cannot leave when it is given up.
TEST_F(ClientH2Test, an_upload_given_up_while_the_backend_reads_nothing_holds_up_no_other) {
  connect();
  say(setting_of_window(1U << 30));
  backend->read(false);
  Answer given_up;
  Answer other;
  ClientStream& upload = ask(given_up, BodyKind::streamed);
  upload.send_body(Chunk::copy_of(std::string(400'000, 'r')));
  ask(other);
  upload.cancel();
  settle();
  backend->read(true);
  settle();
  ASSERT_EQ(backend->count(kH2Reset, 1), 1u);
  EXPECT_EQ(backend->last(kH2Reset, 1)->number(), 8u);  // CANCEL
  EXPECT_FALSE(backend->ended(1));
  EXPECT_EQ(backend->body(1).find_first_not_of('r'), std::string::npos);
  say(head(3, "200", true));
  EXPECT_TRUE(other.ended);
  EXPECT_FALSE(closed);
}

TEST_F(ClientH2Test, an_early_answer_ends_an_upload_that_the_backend_does_not_read) {
  connect();
  say(setting_of_window(1U << 30));
  backend->read(false);
  Answer early;
  ask(early, BodyKind::streamed).send_body(Chunk::copy_of(std::string(400'000, 'r')));
  settle();
  say(head(1, "413", true));
  EXPECT_TRUE(early.ended);
  backend->read(true);
  settle();
  EXPECT_EQ(backend->count(kH2Reset, 1), 1u);
  Answer next;
  ask(next);
  say(head(3, "200", true));
  EXPECT_TRUE(next.ended);
}

TEST_F(ClientH2Test, a_whole_answer_outlives_its_connection_until_it_is_taken) {
  for (const bool says_goaway : {true, false}) {
    closed = false;
    connect();
    Answer whole;
    Answer half;
    ClientStream& stream = ask(whole);
    ask(half);
    say(head(1, "200") + head(3, "200"));
    stream.pause();
    say(data(1, 50'000) + h2_frame(kH2Data, kH2EndStream, 1, "end") + data(3, 10));
    if (says_goaway) {
      say(h2_frame(kH2Data, kH2EndStream, 3) + h2_frame(kH2Goaway, 0, 0, h2_u32(3) + h2_u32(0)));
      EXPECT_TRUE(half.ended);
    } else {
      backend->abort();
      settle();
      EXPECT_TRUE(half.failure);
    }
    EXPECT_FALSE(whole.failure);
    EXPECT_FALSE(closed);
    EXPECT_EQ(connection->room(), 0u);
    stream.resume();
    settle();
    EXPECT_EQ(whole.body.size(), 50'003u);
    EXPECT_TRUE(whole.ended);
    EXPECT_TRUE(closed);
  }
}

TEST_F(ClientH2Test, an_answer_that_outlived_its_connection_may_be_given_up) {
  connect();
  Answer answer;
  ClientStream& stream = ask(answer);
  say(head(1, "200"));
  stream.pause();
  say(h2_frame(kH2Data, kH2EndStream, 1, "whole"));
  backend->abort();
  settle();
  EXPECT_FALSE(closed);
  stream.cancel();
  settle();
  EXPECT_TRUE(closed);
  EXPECT_FALSE(answer.failure);
}

TEST_F(ClientH2Test, an_early_answer_outlives_its_connection_too) {
  connect();
  Answer answer;
  ClientStream& stream = ask(answer, BodyKind::streamed);
  say(head(1, "403"));
  stream.pause();
  say(h2_frame(kH2Data, kH2EndStream, 1, "no"));
  backend->abort();
  settle();
  stream.send_body(Chunk::copy_of("more"));
  stream.resume();
  settle();
  EXPECT_EQ(answer.body, "no");
  EXPECT_TRUE(answer.ended);
  EXPECT_TRUE(closed);
}

// Whatever the frames are: HTTP/1 would take the end of such a body for part of the next answer.
TEST_F(ClientH2Test, answers_that_have_no_body_by_their_status_are_told_so) {
  connect();
  Answer empty;
  Answer unchanged;
  ask(empty);
  ask(unchanged);
  say(head(1, "204") + h2_frame(kH2Data, kH2EndStream, 1));
  say(head(3, "304") + h2_head(3, {{"grpc-status", "0"}}, true));
  EXPECT_EQ(empty.kind, BodyKind::none);
  EXPECT_EQ(unchanged.kind, BodyKind::none);
  EXPECT_TRUE(empty.ended && unchanged.ended);
  Answer usual;
  ask(usual);
  say(head(5, "200") + h2_frame(kH2Data, kH2EndStream, 5));
  EXPECT_EQ(usual.kind, BodyKind::streamed);
}

TEST_F(ClientH2Test, a_cancelled_request_is_reset_and_the_connection_goes_on) {
  connect();
  Answer cancelled;
  Answer other;
  ClientStream& stream = ask(cancelled);
  ask(other);
  stream.cancel();
  settle();
  ASSERT_NE(backend->last(kH2Reset, 1), nullptr);
  EXPECT_EQ(backend->last(kH2Reset, 1)->number(), 8u);  // CANCEL
  say(head(1, "200") + h2_frame(kH2Data, kH2EndStream, 1, "late"));
  say(head(3, "200", true));
  EXPECT_EQ(cancelled.status, 0);
  EXPECT_FALSE(cancelled.failure);
  EXPECT_TRUE(other.ended);
  EXPECT_FALSE(closed);
}

TEST_F(ClientH2Test, requests_that_a_goaway_leaves_out_may_be_sent_again) {
  connect();
  Answer served;
  Answer unseen;
  ask(served);
  ask(unseen);
  say(h2_frame(kH2Goaway, 0, 0, h2_u32(1) + h2_u32(0)));
  ASSERT_TRUE(unseen.failure);
  EXPECT_EQ(unseen.failure->retry, Retry::yes);
  EXPECT_FALSE(served.failure);
  EXPECT_EQ(connection->room(), 0u);
  say(head(1, "200", true));
  EXPECT_TRUE(served.ended);
  EXPECT_TRUE(closed);
}

TEST_F(ClientH2Test, a_refused_stream_may_be_sent_again_and_one_that_was_reset_not) {
  connect();
  Answer refused;
  Answer reset;
  ask(refused);
  ask(reset);
  say(h2_frame(kH2Reset, 0, 1, h2_u32(7)) + h2_frame(kH2Reset, 0, 3, h2_u32(2)));
  ASSERT_TRUE(refused.failure && reset.failure);
  EXPECT_EQ(refused.failure->retry, Retry::yes);
  EXPECT_EQ(reset.failure->retry, Retry::no);
}

TEST_F(ClientH2Test, a_backend_that_goes_fails_every_request) {
  connect();
  Answer fresh;
  Answer begun;
  ask(fresh);
  ask(begun);
  say(head(3, "200") + data(3, 10));
  backend->abort();
  settle();
  ASSERT_TRUE(fresh.failure && begun.failure);
  EXPECT_EQ(fresh.failure->code, Errc::reset);
  EXPECT_EQ(begun.status, 200);
  EXPECT_TRUE(closed);
}

TEST_F(ClientH2Test, there_is_room_for_as_many_as_the_backend_allows) {
  connect();
  const std::string limit_of_two = std::string("\0\3", 2) + h2_u32(2);
  say(h2_frame(kH2Settings, 0, 0, limit_of_two));
  EXPECT_EQ(connection->room(), 2u);
  Answer first;
  Answer second;
  ask(first);
  ask(second);
  EXPECT_EQ(connection->room(), 0u);
  const int before = told_room;
  say(head(1, "200", true));
  EXPECT_EQ(connection->room(), 1u);
  EXPECT_GT(told_room, before);
}

TEST_F(ClientH2Test, interim_answers_and_heads_have_limits) {
  connect();
  Answer endless;
  Answer large;
  ask(endless);
  ask(large);
  std::string hints;
  for (int i = 0; i < 101; ++i) hints += head(1, "103");
  say(hints);
  EXPECT_EQ(endless.interims.size(), 100u);
  EXPECT_TRUE(endless.failure);
  say(h2_head(3, {{":status", "200"}, {"x-large", std::string(15'000, 'x')}, {"x-a", "1"}}, false));
  EXPECT_EQ(large.status, 200);
  Answer larger;
  ask(larger);
  H2TestFields many = {{":status", "200"}};
  for (int i = 0; i < 120; ++i) many.emplace_back("x-a", "1");
  say(h2_head(5, many, true));
  ASSERT_TRUE(larger.failure);
  EXPECT_EQ(larger.failure->code, Errc::limit);
  EXPECT_FALSE(closed);
}

}  // namespace
}  // namespace gnomon::http
