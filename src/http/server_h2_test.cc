// HTTP/2 with a client over a network in memory, in virtual time.
#include <gtest/gtest.h>

#include <optional>

#include "http/h2_peer.h"
#include "http/server_connection.h"
#include "net/memory.h"

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

class ServerH2Test : public testing::Test, private Service, private ServerOwner {
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

  ManualClock clock;
  net::VirtualPoller poller{clock};
  net::EventLoop loop{clock, poller};
  net::MemoryNetwork network{loop};
  ReadBuffer read_buffer;
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

}  // namespace
}  // namespace gnomon::http
