// HTTP/2 with a backend over a network in memory, in virtual time.
#include <gtest/gtest.h>

#include <optional>

#include "http/client_connection.h"
#include "http/h2_peer.h"
#include "net/memory.h"

namespace gnomon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Answer final : ResponseHandler {
  void on_interim(ResponseHead head) override { interims.push_back(head.status); }
  void on_response_head(ResponseHead head) override { status = head.status; }
  void on_response_body(Chunk chunk) override { body += chunk.view(); }
  void on_response_end(Headers trailers_in) override {
    ended = true;
    trailers = std::move(trailers_in);
  }
  void on_response_error(Error error) override { failure = error; }
  void on_backend_writable() override { ++writable; }
  std::vector<uint16_t> interims;
  uint16_t status = 0;
  std::string body;
  Headers trailers;
  bool ended = false;
  int writable = 0;
  std::optional<Error> failure;
};

class ClientH2Test : public testing::Test, private ClientOwner {
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
  void settle() {
    for (int i = 0; i < 50; ++i) loop.run_once(Duration::zero());
  }
  void advance(Duration by) {
    const TimePoint end = clock.now() + by;
    while (clock.now() < end) {
      loop.run_once(end - clock.now());
      settle();
    }
    settle();
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

  ManualClock clock;
  net::VirtualPoller poller{clock};
  net::EventLoop loop{clock, poller};
  net::MemoryNetwork network{loop};
  ReadBuffer read_buffer;
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

TEST_F(ClientH2Test, an_idle_backend_is_left_alone) {
  connect();
  Answer answer;
  ask(answer);
  say(head(1, "200", true));
  advance(seconds(1000));
  EXPECT_EQ(backend->count(kH2Ping), 0u);
  EXPECT_FALSE(closed);
}

}  // namespace
}  // namespace gnomon::http
