// HTTP/2 with a client over a network in memory, in virtual time.
#include <gtest/gtest.h>

#include <optional>

#include "http/h2_peer.h"
#include "http/server_connection.h"
#include "http/virtual_world.h"

namespace gnomon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What becomes of a request; outlives its handler.
struct Seen {
  ServerStream* stream = nullptr;  // null: the handler is gone
  std::string path;
  std::string body;
  bool ended = false;
  int writable = 0;
  std::optional<Error> gone;
};

class Handler final : public RequestHandler {
 public:
  explicit Handler(Seen& seen) : seen_(seen) {}
  ~Handler() override { seen_.stream = nullptr; }
  void on_body(Chunk chunk) override { seen_.body += chunk.view(); }
  void on_request_end(Headers /*trailers*/) override { seen_.ended = true; }
  void on_client_gone(Error error) override { seen_.gone = error; }
  void on_client_writable() override { ++seen_.writable; }

 private:
  Seen& seen_;
};

class ServerH2Test : public testing::Test,
                     protected VirtualWorld,
                     private Service,
                     private ServerOwner {
 protected:
  ~ServerH2Test() override { connection.reset(); }

  void accept() {
    auto [theirs, ours] = network.make_pair();
    client.emplace(H2Peer::Role::client, std::move(theirs));
    connection = make_server_h2(context, std::move(ours));
    settle();
  }
  Seen& ask(uint32_t stream, bool end = true) {
    const size_t before = requests.size();
    say(h2_head(stream, h2_request(end ? "GET" : "POST"), end));
    EXPECT_EQ(requests.size(), before + 1);
    return *requests.back();
  }
  void answer(Seen& request, std::string_view body = "") {
    ResponseHead head;
    head.status = 200;
    head.body = BodyKind::sized;
    head.content_length = static_cast<int64_t>(body.size());
    request.stream->send_head(head);
    if (!body.empty()) request.stream->send_body(Chunk::copy_of(body));
    request.stream->send_end({});
    settle();
  }
  void say(const std::string& frames) {
    client->say(frames);
    settle();
  }

  std::unique_ptr<RequestHandler> on_request(ServerStream& stream, RequestHead head) override {
    auto& seen = requests.emplace_back(std::make_unique<Seen>());
    seen->stream = &stream;
    seen->path = head.path;
    return std::make_unique<Handler>(*seen);
  }
  void on_refused(const net::Address& /*peer*/, const ProtocolError& error) override {
    refused.push_back(error.status);
  }
  void on_flood(const net::Address& /*peer*/, H2Flood kind) override { flood = kind; }
  void on_closed(ServerConnection& /*connection*/) override { closed = true; }

  ServerSettings settings;
  ServerContext context{loop, read_buffer, settings, *this, *this};
  std::optional<H2Peer> client;
  std::unique_ptr<ServerConnection> connection;
  std::vector<std::unique_ptr<Seen>> requests;
  std::vector<uint16_t> refused;
  H2Flood flood = H2Flood::none;
  bool closed = false;
};

TEST_F(ServerH2Test, a_silent_client_is_asked_for_a_sign_of_life) {
  accept();
  Seen& request = ask(1);
  advance(seconds(59));
  EXPECT_EQ(client->count(kH2Ping), 0u);
  advance(seconds(2));
  EXPECT_EQ(client->count(kH2Ping), 1u);
  advance(seconds(100));
  EXPECT_FALSE(request.gone);
  answer(request, "late");
  EXPECT_EQ(client->body(1), "late");
}

TEST_F(ServerH2Test, a_dead_client_is_given_up) {
  accept();
  client->answer_pings(false);
  Seen& request = ask(1);
  advance(seconds(89));
  EXPECT_FALSE(request.gone);
  advance(seconds(2));
  ASSERT_TRUE(request.gone);
  EXPECT_EQ(request.gone->code, Errc::reset);
  EXPECT_TRUE(closed);
}

// Its idle time ends it anyway.
TEST_F(ServerH2Test, an_idle_client_is_not_asked) {
  settings.idle_timeout = seconds(1000);
  accept();
  answer(ask(1));
  advance(seconds(900));
  EXPECT_EQ(client->count(kH2Ping), 0u);
  EXPECT_FALSE(closed);
}

// Else the answer to a question that was under way would pass for one to the notice.
TEST_F(ServerH2Test, only_the_answer_to_its_own_ping_ends_the_notice_of_the_end) {
  accept();
  client->answer_pings(false);
  ask(1);
  advance(seconds(61));
  ASSERT_EQ(client->count(kH2Ping), 1u);
  const std::string question = client->last(kH2Ping)->payload;
  connection->drain();
  settle();
  ASSERT_EQ(client->count(kH2Goaway), 1u);
  say(h2_frame(kH2Ping, 1, 0, question));
  EXPECT_EQ(client->count(kH2Goaway), 1u);
  say(h2_frame(kH2Ping, 1, 0, client->last(kH2Ping)->payload));
  ASSERT_EQ(client->count(kH2Goaway), 2u);
  EXPECT_EQ(client->last(kH2Goaway)->number(), 1u);
}

TEST_F(ServerH2Test, an_idle_connection_makes_room_at_once_and_says_so) {
  accept();
  EXPECT_FALSE(connection->idle_since());  // it was opened for a request, which is on its way
  Seen& request = ask(1);
  EXPECT_FALSE(connection->idle_since());
  answer(request);
  const TimePoint since = loop.now();
  advance(seconds(3));
  EXPECT_EQ(connection->idle_since(), since);
  connection->close_idle();
  EXPECT_TRUE(closed);
  connection.reset();
  settle();
  ASSERT_EQ(client->count(kH2Goaway), 1u);
  EXPECT_EQ(client->last(kH2Goaway)->number(), 1u);
  EXPECT_EQ(client->last(kH2Goaway)->number(4), 0u);
  EXPECT_TRUE(client->closed());
}

// ---- flow control

std::string data(uint32_t stream, size_t bytes, bool end = false) {
  std::string frames;
  for (size_t left = bytes; left > 0;) {
    const size_t n = std::min<size_t>(left, 16'384);
    left -= n;
    frames += h2_frame(kH2Data, end && left == 0 ? kH2EndStream : 0, stream, std::string(n, 'd'));
  }
  return frames;
}

TEST_F(ServerH2Test, the_window_of_a_paused_stream_opens_when_it_goes_on_and_holds_up_no_other) {
  settings.h2.connection_window = 131'072;
  accept();
  Seen& paused = ask(1, false);
  paused.stream->pause();
  say(data(1, 65'535));
  EXPECT_TRUE(paused.body.empty());
  EXPECT_EQ(client->window_opened(1), 0u);
  // What is held counts for its stream alone.
  Seen& other = ask(3, false);
  for (int i = 0; i < 10; ++i) say(data(3, 60'000));
  EXPECT_EQ(other.body.size(), 600'000u);
  EXPECT_GT(client->window_opened(0), 600'000u);
  paused.stream->resume();
  settle();
  EXPECT_EQ(paused.body.size(), 65'535u);
  EXPECT_GE(client->window_opened(1), 32'768u);
  EXPECT_FALSE(closed);
}

TEST_F(ServerH2Test, more_than_the_window_holds_is_an_error_of_its_stream) {
  accept();
  Seen& request = ask(1, false);
  request.stream->pause();
  say(data(1, 65'536 + 1));
  ASSERT_NE(client->last(kH2Reset, 1), nullptr);
  EXPECT_EQ(client->last(kH2Reset, 1)->number(), 3u);  // FLOW_CONTROL_ERROR
  EXPECT_TRUE(request.gone);
}

TEST_F(ServerH2Test, an_answer_goes_as_far_as_its_windows_let_it) {
  accept();
  client->open_windows(false);
  Seen& request = ask(1);
  answer(request, std::string(200'000, 'a'));
  EXPECT_EQ(client->body(1).size(), 65'535u);
  EXPECT_EQ(request.stream->unsent(), 200'000u - 65'535);
  EXPECT_FALSE(client->ended(1));
  // A stream's window alone lets nothing through.
  say(h2_frame(kH2WindowUpdate, 0, 1, h2_u32(200'000)));
  EXPECT_EQ(client->body(1).size(), 65'535u);
  say(h2_frame(kH2WindowUpdate, 0, 0, h2_u32(200'000)));
  EXPECT_EQ(client->body(1).size(), 200'000u);
  EXPECT_TRUE(client->ended(1));
  EXPECT_EQ(request.stream, nullptr);
}

TEST_F(ServerH2Test, a_handler_hears_when_its_client_has_taken_what_was_too_much) {
  accept();
  client->open_windows(false);
  Seen& request = ask(1);
  ResponseHead head;
  head.status = 200;
  head.body = BodyKind::streamed;
  request.stream->send_head(head);
  request.stream->send_body(Chunk::copy_of(std::string(200'000, 'a')));
  settle();
  EXPECT_EQ(request.writable, 0);
  const std::string more = h2_u32(120'000);
  say(h2_frame(kH2WindowUpdate, 0, 0, more) + h2_frame(kH2WindowUpdate, 0, 1, more));
  EXPECT_EQ(request.writable, 1);
  EXPECT_LE(request.stream->unsent(), settings.unsent_low_bytes);
}

// Frames are made as they are taken: what streams have to say stays where it is counted.
TEST_F(ServerH2Test, for_a_client_that_reads_nothing_few_frames_are_made) {
  accept();
  say(h2_frame(kH2WindowUpdate, 0, 0, h2_u32(1U << 30)));
  client->read(false);
  for (uint32_t id = 1; id < 41; id += 2) {
    Seen& request = ask(id);
    answer(request, std::string(60'000, 'a'));
  }
  size_t unsent = 0;
  for (const auto& request : requests) {
    if (request->stream != nullptr) unsent += request->stream->unsent();
  }
  constexpr size_t kInNetwork = 65'536;
  constexpr size_t kInFrames = 65'536 + 32'768;
  EXPECT_GT(unsent + kInNetwork + kInFrames, 20u * 60'000);
  advance(settings.stream_idle_timeout + seconds(1));
  for (const auto& request : requests)
    EXPECT_EQ(request->stream != nullptr, request->gone.has_value());
  EXPECT_TRUE(closed);
}

// Each grant that follows from a frame of ours is no noise, however little the frame held.
TEST_F(ServerH2Test, a_client_that_grants_a_window_for_each_small_frame_floods_nobody) {
  accept();
  Seen& request = ask(1);
  ResponseHead head;
  head.status = 200;
  head.body = BodyKind::streamed;
  request.stream->send_head(head);
  client->read(false);
  for (int i = 0; i < 3000; ++i) {
    request.stream->send_body(Chunk::copy_of("tiny"));
    for (int turn = 0; turn < 3; ++turn) loop.run_once(Duration::zero());
  }
  client->read(true);
  settle();
  EXPECT_GT(client->count(kH2Data, 1), 2900u);
  EXPECT_EQ(flood, H2Flood::none);
  EXPECT_FALSE(request.gone);
}

// ---- the ends of streams and connections

// A frame of it is made and cannot leave when it breaks off.
TEST_F(ServerH2Test, an_answer_that_breaks_off_before_a_client_that_reads_nothing_is_reset) {
  accept();
  say(h2_frame(kH2Settings, 0, 0, std::string("\0\4", 2) + h2_u32(1U << 30)) +
      h2_frame(kH2WindowUpdate, 0, 0, h2_u32(1U << 30)));
  client->read(false);
  Seen& stuck = ask(1);
  ResponseHead head;
  head.status = 200;
  head.body = BodyKind::streamed;
  stuck.stream->send_head(head);
  stuck.stream->send_body(Chunk::copy_of(std::string(400'000, 'a')));
  settle();
  stuck.stream->reset();
  settle();
  client->read(true);
  settle();
  EXPECT_FALSE(client->ended(1));
  EXPECT_EQ(client->body(1).find_first_not_of('a'), std::string::npos);
  ASSERT_EQ(client->count(kH2Reset, 1), 1u);
  EXPECT_EQ(client->last(kH2Reset, 1)->number(), 2u);  // INTERNAL_ERROR
  Seen& other = ask(3);
  answer(other, "goes on");
  EXPECT_EQ(client->body(3), "goes on");
}

TEST_F(ServerH2Test, a_reset_ends_its_stream_and_no_other) {
  accept();
  Seen& first = ask(1, false);
  Seen& second = ask(3);
  say(h2_frame(kH2Reset, 0, 1, h2_u32(8)));
  ASSERT_TRUE(first.gone);
  EXPECT_EQ(first.gone->code, Errc::reset);
  EXPECT_EQ(first.stream, nullptr);
  answer(second, "ok");
  EXPECT_EQ(client->body(3), "ok");
}

TEST_F(ServerH2Test, an_answer_that_cannot_be_completed_is_reset) {
  accept();
  Seen& request = ask(1);
  ResponseHead head;
  head.status = 200;
  head.body = BodyKind::streamed;
  request.stream->send_head(head);
  request.stream->send_body(Chunk::copy_of("half"));
  settle();
  request.stream->reset();
  settle();
  EXPECT_FALSE(client->ended(1));
  ASSERT_NE(client->last(kH2Reset, 1), nullptr);
  EXPECT_EQ(client->last(kH2Reset, 1)->number(), 2u);  // INTERNAL_ERROR
  EXPECT_FALSE(closed);
}

TEST_F(ServerH2Test, a_client_that_goes_takes_its_requests_along) {
  accept();
  Seen& first = ask(1);
  Seen& second = ask(3, false);
  client->abort();
  settle();
  EXPECT_TRUE(first.gone);
  EXPECT_TRUE(second.gone);
  EXPECT_TRUE(closed);
}

TEST_F(ServerH2Test, draining_serves_what_was_asked_before_the_client_heard_of_it) {
  accept();
  client->answer_pings(false);
  Seen& first = ask(1);
  connection->drain();
  settle();
  ASSERT_EQ(client->count(kH2Goaway), 1u);
  EXPECT_EQ(client->last(kH2Goaway)->number(), 0x7fffffffu);
  Seen& second = ask(3);
  say(h2_frame(kH2Ping, 1, 0, client->last(kH2Ping)->payload));
  ASSERT_EQ(client->count(kH2Goaway), 2u);
  EXPECT_EQ(client->last(kH2Goaway)->number(), 3u);
  say(h2_head(5, h2_request(), true));
  EXPECT_EQ(requests.size(), 2u);
  answer(first, "1");
  answer(second, "2");
  EXPECT_EQ(client->body(1) + client->body(3), "12");
  EXPECT_TRUE(client->closed());
}

TEST_F(ServerH2Test, draining_waits_only_so_long_for_a_client_to_hear_of_it) {
  accept();
  client->answer_pings(false);
  connection->drain();
  advance(settings.drain_timeout - milliseconds(10));
  EXPECT_EQ(client->count(kH2Goaway), 1u);
  EXPECT_FALSE(client->closed());
  advance(milliseconds(20));
  EXPECT_EQ(client->count(kH2Goaway), 2u);
  EXPECT_TRUE(client->closed());
}

TEST_F(ServerH2Test, the_goaway_of_a_client_ends_the_connection_behind_its_streams) {
  accept();
  Seen& request = ask(1);
  say(h2_frame(kH2Goaway, 0, 0, h2_u32(0) + h2_u32(0)));
  EXPECT_FALSE(client->closed());
  EXPECT_EQ(client->last(kH2Goaway)->number(), 1u);
  answer(request, "whole");
  EXPECT_EQ(client->body(1), "whole");
  EXPECT_TRUE(client->closed());
}

TEST_F(ServerH2Test, streams_beyond_the_limit_are_not_served) {
  settings.h2.streams_max = 2;
  accept();
  Seen& first = ask(1);
  ask(3);
  answer(first);
  ask(5);
  say(h2_head(7, h2_request(), true));
  EXPECT_EQ(requests.size(), 3u);
}

// ---- time limits

TEST_F(ServerH2Test, a_head_must_come_in_time) {
  accept();
  const std::string whole = h2_head(1, h2_request(), true);
  say(h2_frame(kH2Headers, kH2EndStream, 1, whole.substr(9)));  // CONTINUATION is to follow
  advance(settings.header_timeout - milliseconds(10));
  EXPECT_FALSE(closed);
  advance(milliseconds(20));
  EXPECT_TRUE(closed);
}

TEST_F(ServerH2Test, a_malformed_head_is_no_slow_one) {
  accept();
  Seen& other = ask(1);
  const H2TestFields no_path = {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}};
  H2TestFields upper_case = h2_request();
  upper_case.emplace_back("X-A", "1");
  uint32_t id = 1;
  for (const H2TestFields& fields : {no_path, upper_case}) {
    say(h2_head(id += 2, fields, true));
    EXPECT_EQ(client->count(kH2Reset, id), 1u);
    advance(settings.header_timeout + milliseconds(10));
    ASSERT_FALSE(closed);
  }
  answer(other, "goes on");
  EXPECT_EQ(client->body(1), "goes on");
  // Nor does it keep an idle connection for ever.
  say(h2_head(7, upper_case, true));
  advance(settings.idle_timeout + milliseconds(10));
  EXPECT_TRUE(client->closed());
}

TEST_F(ServerH2Test, a_client_that_asks_nothing_is_sent_away) {
  accept();
  advance(settings.header_timeout + milliseconds(10));
  EXPECT_EQ(client->count(kH2Goaway), 1u);
  EXPECT_TRUE(client->closed());
}

TEST_F(ServerH2Test, an_idle_connection_is_ended_in_time) {
  accept();
  answer(ask(1));
  advance(settings.idle_timeout - milliseconds(10));
  EXPECT_EQ(client->count(kH2Goaway), 0u);
  advance(milliseconds(20));
  ASSERT_EQ(client->count(kH2Goaway), 1u);
  EXPECT_EQ(client->last(kH2Goaway)->number(), 1u);
  EXPECT_TRUE(client->closed());
}

TEST_F(ServerH2Test, a_request_must_be_complete_in_time) {
  settings.request_timeout = seconds(5);
  accept();
  Seen& request = ask(1, false);
  say(data(1, 10));
  advance(seconds(6));
  ASSERT_TRUE(request.gone);
  EXPECT_EQ(request.gone->code, Errc::timeout);
  EXPECT_EQ(client->status(1), "408");
  EXPECT_EQ(refused, std::vector<uint16_t>{408});
  Seen& other = ask(3);
  answer(other, "goes on");
  EXPECT_EQ(client->body(3), "goes on");
}

TEST_F(ServerH2Test, an_exchange_must_end_in_time) {
  settings.max_stream_duration = seconds(5);
  accept();
  ask(1);
  advance(seconds(6));
  EXPECT_EQ(client->status(1), "504");
}

TEST_F(ServerH2Test, a_stream_on_which_nothing_moves_is_reset) {
  settings.stream_idle_timeout = seconds(5);
  accept();
  client->open_windows(false);
  Seen& stuck = ask(1);
  answer(stuck, std::string(100'000, 'a'));  // its client opens no window
  advance(seconds(6));
  ASSERT_TRUE(stuck.gone);
  ASSERT_NE(client->last(kH2Reset, 1), nullptr);
  EXPECT_EQ(client->last(kH2Reset, 1)->number(), 8u);  // CANCEL
  EXPECT_FALSE(closed);
}

}  // namespace
}  // namespace gnomon::http
