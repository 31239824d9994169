// Several requests at a time on a connection that speaks HTTP/1.1, over a network in memory, in
// virtual time.
#include <gtest/gtest.h>

#include <optional>

#include "http/client_connection.h"
#include "http/heard_answer.h"
#include "http/virtual_world.h"

namespace gnomon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Answer final : HeardAnswer {
  void on_response_head(ResponseHead head) override {
    HeardAnswer::on_response_head(std::move(head));
    if (pauses) stream->pause();
  }
  bool lost(Errc code) const { return failure && failure->code == code && !ended; }
  // On account of another.
  bool lost_aside() const { return lost(Errc::canceled) && failure->retry == Retry::no; }
  bool waits() const { return !ended && !failure; }

  ClientStream* stream = nullptr;
  bool pauses = false;  // when it has its head
};

struct Writes {
  int count = 0;
  bool fail = false;
};

// Counts writes on the way to another stream, or lets them fail.
class CountedStream final : public net::Stream {
 public:
  CountedStream(std::unique_ptr<net::Stream> to, Writes& writes)
      : to_(std::move(to)), writes_(writes) {}
  void set_handler(net::StreamHandler* handler) noexcept override { to_->set_handler(handler); }
  State state() const noexcept override { return to_->state(); }
  Errc connect_error() const noexcept override { return to_->connect_error(); }
  bool readable() const noexcept override { return to_->readable(); }
  bool writable() const noexcept override { return to_->writable(); }
  bool peer_closed() const noexcept override { return to_->peer_closed(); }
  bool broken() const noexcept override { return to_->broken(); }
  net::IoResult read(char* to, size_t size) override { return to_->read(to, size); }
  net::IoResult write(const struct iovec* parts, int count) override {
    ++writes_.count;
    if (writes_.fail) return {net::IoResult::Status::error};
    return to_->write(parts, count);
  }
  void shutdown_write() override { to_->shutdown_write(); }
  void abort() override { to_->abort(); }
  const net::Address& peer() const noexcept override { return to_->peer(); }
  net::Address local() const noexcept override { return to_->local(); }

 private:
  const std::unique_ptr<net::Stream> to_;
  Writes& writes_;
};

std::string ok(const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more +
         "\r\n" + body;
}

class PipelineTest : public testing::Test, protected VirtualWorld, protected ClientOwner {
 protected:
  static constexpr uint32_t kDepth = 4;

  void connect(const char* preface = "") {
    auto [ours, theirs] = network.make_pair();
    backend = std::move(theirs);
    auto counted = std::make_unique<CountedStream>(std::move(ours), writes);
    connection = make_client_h1_pipeline({loop, read_buffer, settings, net::Lane::background},
                                         *this, std::move(counted), seconds(1), preface, kDepth);
    settle();
    ASSERT_TRUE(connected);
  }
  // Connected, and one request has been answered as HTTP/1.1 does.
  void connect_proven() {
    connect();
    Answer first;
    ask(first, "/first");
    say(ok("first"));
    ASSERT_TRUE(first.ended);
    ASSERT_EQ(connection->room(), kDepth);
    listen();
    heard.clear();
  }
  // Begins a request; nothing is written until the loop turns.
  void begin(Answer& answer, const std::string& path, BodyKind body = BodyKind::none) {
    answer.stream = &connection->start(answer);
    RequestHead head;
    head.method = body == BodyKind::none ? Method::get : Method::post;
    head.method_name = body == BodyKind::none ? "GET" : "POST";
    head.authority = "b.test";
    head.path = path;
    head.body = body;
    answer.stream->send_head(head);
    if (body == BodyKind::none) answer.stream->send_end({});
  }
  void ask(Answer& answer, const std::string& path) {
    begin(answer, path);
    settle();
  }
  void say(const std::string& bytes) {
    const struct iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    ASSERT_EQ(backend->write(&part, 1).bytes, bytes.size());
    settle();
  }
  // Closes without a reset.
  void hang_up() {
    listen();
    backend.reset();
    settle();
  }
  const std::string& listen() {
    char buffer[4096];
    while (backend->readable()) {
      const net::IoResult io = backend->read(buffer, sizeof(buffer));
      if (io.status != net::IoResult::Status::ok) break;
      heard.append(buffer, io.bytes);
      settle();
    }
    return heard;
  }
  // Paths of the requests that have come, in order.
  std::string paths() {
    std::string out;
    listen();
    for (size_t at = 0; (at = heard.find(" HTTP/1.1\r\n", at)) != std::string::npos; ++at) {
      const size_t space = heard.rfind(' ', at - 1);
      out += heard.substr(space + 1, at - space - 1);
    }
    return out;
  }

  void on_connected(ClientConnection& /*connection*/) override { connected = true; }
  void on_idle(ClientConnection& /*connection*/) override { ++told_room; }
  void on_closed(ClientConnection& /*connection*/, const Error* connect_error) override {
    closed = true;
    if (connect_error != nullptr) refused = *connect_error;
  }

  ClientSettings settings;
  std::unique_ptr<net::Stream> backend;
  std::unique_ptr<ClientConnection> connection;
  std::string heard;
  bool connected = false;
  bool closed = false;
  int told_room = 0;
  Writes writes;
  std::optional<Error> refused;
};

// ---- when requests share

TEST_F(PipelineTest, the_first_request_is_alone_until_it_is_answered) {
  connect();
  EXPECT_EQ(connection->room(), 1u);
  Answer first;
  ask(first, "/a");
  EXPECT_EQ(connection->room(), 0u);
  say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
  EXPECT_EQ(connection->room(), 0u);
  const int before = told_room;
  say("k");
  EXPECT_TRUE(first.ended);
  EXPECT_EQ(connection->room(), kDepth);
  EXPECT_GT(told_room, before);
  EXPECT_TRUE(connection->idle());
}

TEST_F(PipelineTest, requests_of_one_turn_leave_in_one_write_and_are_answered_in_order) {
  connect_proven();
  Answer a, b, c;
  begin(a, "/a");
  begin(b, "/b");
  begin(c, "/c");
  EXPECT_EQ(connection->room(), kDepth - 3);
  EXPECT_FALSE(backend->readable());
  writes.count = 0;
  settle();
  EXPECT_EQ(writes.count, 1);
  EXPECT_EQ(paths(), "/a/b/c");
  EXPECT_TRUE(a.stream->in_turn());
  EXPECT_FALSE(b.stream->in_turn());
  say(ok("one") + ok("two"));
  EXPECT_EQ(a.body, "one");
  EXPECT_EQ(b.body, "two");
  EXPECT_TRUE(b.ended);
  EXPECT_TRUE(c.waits());
  EXPECT_TRUE(c.stream->in_turn());
  say(ok("three"));
  EXPECT_EQ(c.body, "three");
  EXPECT_TRUE(connection->idle());
  EXPECT_FALSE(closed);
}

TEST_F(PipelineTest, there_is_room_for_no_more_than_its_depth) {
  connect_proven();
  Answer answers[kDepth];
  for (uint32_t i = 0; i < kDepth; ++i) {
    EXPECT_EQ(connection->room(), kDepth - i);
    begin(answers[i], "/");
  }
  EXPECT_EQ(connection->room(), 0u);
  settle();
  const int before = told_room;
  say(ok("x"));
  EXPECT_EQ(connection->room(), 1u);
  EXPECT_GT(told_room, before);
}

TEST_F(PipelineTest, a_body_that_is_still_coming_holds_the_side_that_writes) {
  connect_proven();
  Answer upload, next;
  begin(upload, "/up", BodyKind::streamed);
  settle();
  EXPECT_EQ(connection->room(), 0u);
  upload.stream->send_body(Chunk::copy_of("abc"));
  settle();
  EXPECT_EQ(connection->room(), 0u);
  const int before = told_room;
  upload.stream->send_end({});
  EXPECT_EQ(connection->room(), kDepth - 1);
  settle();
  EXPECT_GT(told_room, before);
  ask(next, "/next");
  EXPECT_EQ(paths(), "/up/next");
  EXPECT_NE(heard.find("3\r\nabc\r\n0\r\n\r\nGET /next"), std::string::npos) << heard;
}

TEST_F(PipelineTest, answers_to_head_have_no_body_and_interim_ones_come_before) {
  connect_proven();
  Answer head, get;
  head.stream = &connection->start(head);
  RequestHead asked;
  asked.method = Method::head;
  asked.method_name = "HEAD";
  head.stream->send_head(asked);
  head.stream->send_end({});
  ask(get, "/b");
  say("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n");
  EXPECT_TRUE(head.ended);
  EXPECT_EQ(head.interims, std::vector<uint16_t>{103});
  EXPECT_EQ(head.body, "");
  EXPECT_TRUE(get.ended);
  EXPECT_EQ(get.interims, std::vector<uint16_t>{100});
  EXPECT_EQ(get.body, "hi");
  EXPECT_EQ(get.trailers.get(std::string_view("x-sum")), "1");
  EXPECT_EQ(connection->room(), kDepth);
}

TEST_F(PipelineTest, a_preface_comes_before_the_first_request) {
  connect("PROXY UNKNOWN\r\n");
  Answer first;
  ask(first, "/a");
  EXPECT_TRUE(listen().starts_with("PROXY UNKNOWN\r\nGET /a")) << heard;
  first.stream->cancel();
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, no_request_offers_an_upgrade_and_none_becomes_a_tunnel) {
  connect_proven();
  Answer asked;
  asked.stream = &connection->start(asked);
  RequestHead head;
  head.upgrade = "websocket";
  asked.stream->send_head(head);
  asked.stream->send_end({});
  settle();
  EXPECT_EQ(listen().find("websocket"), std::string::npos) << heard;
  say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
  EXPECT_TRUE(asked.lost(Errc::protocol));
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, a_slow_answer_gets_no_further_request_behind_it) {
  connect_proven();
  Answer slow, behind;
  ask(slow, "/slow");
  ask(behind, "/behind");
  advance(milliseconds(990));
  EXPECT_EQ(connection->room(), kDepth - 2);
  advance(milliseconds(20));
  EXPECT_EQ(connection->room(), 0u);
  const int before = told_room;
  say(ok("slow"));
  EXPECT_EQ(connection->room(), kDepth - 1);
  EXPECT_GT(told_room, before);
}

// ---- answers after which a connection does not go on

TEST_F(PipelineTest, an_http10_answer_is_followed_by_one_request_at_a_time) {
  connect();
  Answer first, second;
  ask(first, "/a");
  say("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_TRUE(first.ended);
  EXPECT_EQ(connection->room(), 1u);
  ask(second, "/b");
  EXPECT_EQ(connection->room(), 0u);
  say("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\ny");
  EXPECT_TRUE(second.ended);
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, those_behind_a_closing_answer_are_lost_at_its_head_and_sent_no_more) {
  connect_proven();
  Answer a, b, c;
  ask(a, "/a");
  ask(b, "/b");
  begin(c, "/c");
  say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\no");
  EXPECT_TRUE(b.lost_aside());
  EXPECT_TRUE(c.lost_aside());
  EXPECT_TRUE(a.waits());
  EXPECT_EQ(connection->room(), 0u);
  say("k");
  EXPECT_TRUE(a.ended);
  EXPECT_EQ(a.body, "ok");
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest,
       an_answer_without_length_ends_with_the_connection_and_takes_those_behind_along) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  ask(b, "/b");
  say("HTTP/1.1 200 OK\r\n\r\nas long as it lasts ");
  EXPECT_TRUE(b.lost_aside());
  say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(a.waits());
  hang_up();
  EXPECT_TRUE(a.ended);
  EXPECT_NE(a.body.find("lasts HTTP/1.1"), std::string::npos);
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, a_close_before_an_answer_is_a_reset_for_the_first_and_loses_the_others) {
  connect_proven();
  Answer a, b, c;
  ask(a, "/a");
  ask(b, "/b");
  ask(c, "/c");
  say(ok("one"));
  backend.reset();
  settle();
  EXPECT_TRUE(a.ended);
  ASSERT_TRUE(b.lost(Errc::reset));
  EXPECT_EQ(b.failure->retry, Retry::if_reused);
  EXPECT_TRUE(c.lost_aside());
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, a_close_amid_an_answer_truncates_it_and_loses_the_others) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  ask(b, "/b");
  say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  hang_up();
  EXPECT_TRUE(a.lost(Errc::truncated));
  EXPECT_TRUE(b.lost_aside());
}

TEST_F(PipelineTest, garbage_is_an_error_of_the_answer_that_is_due) {
  connect_proven();
  Answer a, b, c;
  ask(a, "/a");
  ask(b, "/b");
  ask(c, "/c");
  say(ok("one") + "\x01\x02 not HTTP\r\n\r\n");
  EXPECT_TRUE(a.ended);
  EXPECT_TRUE(b.lost(Errc::protocol));
  EXPECT_TRUE(c.lost_aside());
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, an_answer_that_nobody_asked_for_ends_the_connection) {
  connect_proven();
  Answer a;
  ask(a, "/a");
  say(ok("one") + ok("EVIL"));
  EXPECT_EQ(a.body, "one");
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, bytes_while_it_is_idle_end_the_connection) {
  connect_proven();
  say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, an_answer_to_a_request_of_which_nothing_has_left_is_not_taken_for_its_own) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  begin(b, "/b");
  const std::string two = ok("one") + ok("EVIL");
  const struct iovec part{const_cast<char*>(two.data()), two.size()};
  backend->write(&part, 1);
  settle();
  EXPECT_EQ(a.body, "one");
  EXPECT_EQ(b.body, "");
  EXPECT_TRUE(b.lost(Errc::protocol));
  EXPECT_TRUE(closed);
}

// ---- requests that are given up

TEST_F(PipelineTest, one_of_which_nothing_has_left_leaves_the_queue) {
  connect_proven();
  Answer a, b, c;
  begin(a, "/a");
  begin(b, "/b");
  begin(c, "/c");
  b.stream->cancel();
  settle();
  EXPECT_EQ(paths(), "/a/c");
  say(ok("one") + ok("three"));
  EXPECT_EQ(a.body, "one");
  EXPECT_EQ(c.body, "three");
  EXPECT_TRUE(b.waits());  // and hears nothing
  EXPECT_EQ(connection->room(), kDepth);
}

TEST_F(PipelineTest, the_last_that_leaves_the_queue_leaves_an_idle_connection) {
  connect_proven();
  Answer a;
  begin(a, "/a");
  const int before = told_room;
  a.stream->cancel();
  settle();
  EXPECT_TRUE(connection->idle());
  EXPECT_GT(told_room, before);
  EXPECT_EQ(listen(), "");
  Answer b;
  ask(b, "/b");
  say(ok("two"));
  EXPECT_EQ(b.body, "two");
}

TEST_F(PipelineTest, the_answer_to_one_that_was_sent_is_thrown_away_for_the_sake_of_those_behind) {
  connect_proven();
  Answer a, b, c;
  ask(a, "/a");
  ask(b, "/b");
  ask(c, "/c");
  say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\non");
  a.stream->cancel();
  b.stream->cancel();
  EXPECT_EQ(connection->room(), 0u);
  say("e an" + ok("two") + ok("three"));
  EXPECT_EQ(a.body, "on");
  EXPECT_EQ(b.status, 0);
  EXPECT_EQ(c.body, "three");
  EXPECT_TRUE(c.ended);
  EXPECT_EQ(connection->room(), kDepth);
  EXPECT_FALSE(closed);
}

TEST_F(PipelineTest, of_an_answer_that_nobody_waits_for_no_more_is_read_than_a_bound) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  ask(b, "/b");
  a.stream->cancel();
  say("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n");
  for (int i = 0; i < 8; ++i) say(std::string(32'000, 'x'));
  EXPECT_TRUE(b.waits());
  say(std::string(32'000, 'x'));
  EXPECT_TRUE(b.lost_aside());
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, a_connection_that_nobody_waits_for_is_reset) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  ask(b, "/b");
  a.stream->cancel();
  EXPECT_FALSE(closed);
  b.stream->cancel();
  EXPECT_TRUE(closed);
  EXPECT_FALSE(a.failure || b.failure);
}

TEST_F(PipelineTest, the_last_one_wanted_ends_a_connection_with_unwanted_ones_behind_it) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  ask(b, "/b");
  b.stream->cancel();
  EXPECT_FALSE(closed);
  say(ok("one"));
  EXPECT_TRUE(a.ended);
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, one_cut_half_written_ends_the_connection_when_those_before_it_are_answered) {
  network.set_buffer_bytes(8192);
  connect_proven();
  Answer a, upload, behind;
  ask(a, "/a");
  listen();
  begin(upload, "/up", BodyKind::streamed);
  upload.stream->send_body(Chunk::copy_of(std::string(20'000, 'u')));
  upload.stream->send_end({});
  begin(behind, "/behind");
  settle();
  EXPECT_EQ(connection->room(), 0u);
  upload.stream->cancel();
  EXPECT_TRUE(behind.lost_aside());
  EXPECT_FALSE(closed);
  EXPECT_EQ(connection->room(), 0u);
  settle();
  listen();
  EXPECT_EQ(heard.find("behind"), std::string::npos);
  EXPECT_EQ(heard.find("0\r\n\r\n"), std::string::npos) << "it must not look complete";
  say(ok("one"));
  EXPECT_TRUE(a.ended);
  EXPECT_EQ(a.body, "one");
  EXPECT_TRUE(closed);
  EXPECT_TRUE(upload.waits());
}

TEST_F(PipelineTest, a_cut_body_resets_the_connection_at_once_where_nobody_waits) {
  connect_proven();
  Answer upload;
  begin(upload, "/up", BodyKind::streamed);
  settle();
  upload.stream->cancel();
  EXPECT_TRUE(closed);
}

// ---- a backend that does not read

TEST_F(PipelineTest, a_backend_that_takes_nothing_gets_no_further_request) {
  network.set_buffer_bytes(8192);
  connect_proven();
  Answer big, behind;
  begin(big, "/big", BodyKind::streamed);
  big.stream->send_body(Chunk::copy_of(std::string(200'000, 'u')));
  big.stream->send_end({});
  begin(behind, "/behind");
  settle();
  EXPECT_EQ(connection->room(), 0u);
  EXPECT_GT(big.stream->unsent(), 150'000u);
  EXPECT_EQ(behind.stream->unsent(), 38u);
  const int before = told_room;
  listen();
  EXPECT_EQ(big.stream->unsent(), 0u);
  EXPECT_EQ(behind.stream->unsent(), 0u);
  EXPECT_EQ(big.writable, 1);
  EXPECT_EQ(behind.writable, 0);
  EXPECT_EQ(connection->room(), kDepth - 2);
  EXPECT_GT(told_room, before);
}

TEST_F(PipelineTest, what_was_answered_before_the_backend_stopped_listening_counts) {
  connect_proven();
  Answer a, b, c;
  ask(a, "/a");
  const std::string one = ok("one");
  const struct iovec part{const_cast<char*>(one.data()), one.size()};
  backend->write(&part, 1);
  backend.reset();
  begin(b, "/b");
  begin(c, "/c");
  settle();
  EXPECT_EQ(a.body, "one");
  EXPECT_TRUE(a.ended);
  EXPECT_TRUE(b.failure.has_value());
  EXPECT_TRUE(c.lost_aside());
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, when_a_write_fails_those_who_were_not_heard_are_lost_and_the_others_are_read) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  a.pauses = true;
  say(ok("one"));
  writes.fail = true;
  ask(b, "/b");
  EXPECT_TRUE(b.lost_aside());
  EXPECT_EQ(connection->room(), 0u);
  EXPECT_TRUE(a.waits());
  a.stream->resume();
  settle();
  EXPECT_EQ(a.body, "one");
  EXPECT_TRUE(a.ended);
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, when_the_first_write_on_an_idle_connection_fails_the_backend_has_closed_it) {
  connect_proven();
  Answer a, b;
  writes.fail = true;
  begin(a, "/a");
  begin(b, "/b");
  settle();
  ASSERT_TRUE(a.lost(Errc::reset));
  EXPECT_EQ(a.failure->retry, Retry::if_reused);
  EXPECT_TRUE(b.lost_aside());
  EXPECT_TRUE(closed);
}

TEST_F(PipelineTest, an_early_answer_that_goes_on_leaves_those_behind_in_place) {
  network.set_buffer_bytes(8192);
  connect_proven();
  Answer big, behind;
  begin(big, "/big", BodyKind::streamed);
  big.stream->send_body(Chunk::copy_of(std::string(50'000, 'u')));
  big.stream->send_end({});
  begin(behind, "/behind");
  settle();
  say(ok("early"));
  EXPECT_TRUE(big.ended);
  EXPECT_TRUE(behind.waits());
  EXPECT_EQ(paths(), "/big/behind");
  say(ok("late"));
  EXPECT_EQ(behind.body, "late");
}

TEST_F(PipelineTest, an_answer_before_the_end_of_a_streamed_body_resets_the_connection) {
  connect_proven();
  Answer upload;
  begin(upload, "/up", BodyKind::streamed);
  settle();
  say(ok("early"));
  EXPECT_TRUE(upload.ended);
  EXPECT_TRUE(closed);
}

// ---- pausing and closing

TEST_F(PipelineTest, a_paused_answer_holds_up_those_behind_it_until_it_goes_on) {
  connect_proven();
  Answer a, b;
  ask(a, "/a");
  ask(b, "/b");
  a.stream->pause();
  say(ok("one") + ok("two"));
  EXPECT_EQ(a.body, "");
  EXPECT_FALSE(b.ended);
  a.stream->resume();
  settle();
  EXPECT_EQ(a.body, "one");
  EXPECT_EQ(b.body, "two");
  EXPECT_EQ(connection->room(), kDepth);
}

TEST_F(PipelineTest, an_answer_paused_at_its_head_goes_on_where_it_was) {
  connect_proven();
  Answer a, b;
  a.pauses = true;
  ask(a, "/a");
  ask(b, "/b");
  say(ok("one") + ok("two"));
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, "");
  EXPECT_TRUE(b.waits());
  a.stream->resume();
  settle();
  EXPECT_EQ(a.body, "one");
  EXPECT_EQ(b.body, "two");
}

TEST_F(PipelineTest, closing_tells_nobody) {
  connect_proven();
  Answer a;
  ask(a, "/a");
  connection->close();
  EXPECT_TRUE(closed);
  EXPECT_TRUE(a.waits());
  a.stream->cancel();
}

TEST_F(PipelineTest, a_connection_that_is_not_made_is_told_of) {
  network.black_hole(*net::Address::parse("10.0.0.9", 80));
  auto stream = network.connect(*net::Address::parse("10.0.0.9", 80), net::Lane::background, {});
  connection = make_client_h1_pipeline({loop, read_buffer, settings, net::Lane::background}, *this,
                                       std::move(*stream), milliseconds(100), "", kDepth);
  advance(milliseconds(200));
  EXPECT_TRUE(closed);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Errc::connect_timeout);
}

// One that hears of its loss gives another up, which then hears nothing.
struct Canceller final : ResponseHandler {
  void on_interim(ResponseHead /*head*/) override {}
  void on_response_head(ResponseHead /*head*/) override {}
  void on_response_body(Chunk /*chunk*/) override {}
  void on_response_end(Headers /*trailers*/) override {}
  void on_response_error(Error /*error*/) override {
    ++errors;
    victim->cancel();
  }
  void on_backend_writable() override {}
  ClientStream* victim = nullptr;
  int errors = 0;
};

TEST_F(PipelineTest, those_who_are_lost_with_the_connection_may_cancel_each_other) {
  connect_proven();
  Canceller first;
  ClientStream& stream = connection->start(first);
  stream.send_head(RequestHead());
  stream.send_end({});
  Answer second;
  ask(second, "/b");
  first.victim = second.stream;
  hang_up();
  EXPECT_EQ(first.errors, 1);
  EXPECT_TRUE(second.waits());
}

TEST_F(PipelineTest, those_who_are_lost_behind_an_answer_may_cancel_each_other_and_that_one) {
  connect_proven();
  Answer first, last;
  ask(first, "/a");
  Canceller lost[2];
  for (Canceller& one : lost) {
    ClientStream& stream = connection->start(one);
    stream.send_head(RequestHead());
    stream.send_end({});
  }
  ask(last, "/d");
  lost[0].victim = last.stream;
  lost[1].victim = first.stream;
  say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(lost[0].errors, 1);
  EXPECT_EQ(lost[1].errors, 1);
  EXPECT_TRUE(last.waits());
  EXPECT_EQ(first.status, 0);
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace gnomon::http
