#include "proxy/host_pool.h"

#include <gtest/gtest.h>

#include <optional>

#include "net/memory.h"

namespace gnomon::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const net::Address kBackend = *net::Address::parse("10.0.0.1", 80);

// Waits for a connection and notes what it got.
struct Waiter final : PoolTicket {
  explicit Waiter(Origin origin = {}) { origin_ = std::move(origin); }
  explicit Waiter(Version version) { client_version_ = version; }
  void on_connection(http::ClientConnection& got) override { connection = &got; }
  void on_no_connection(const Error& got) override { error = got; }
  http::ClientConnection* connection = nullptr;
  std::optional<Error> error;
};

struct IgnoreResponse final : http::ResponseHandler {
  void on_interim(ResponseHead /*head*/) override {}
  void on_response_head(ResponseHead head) override { status = head.status; }
  void on_response_body(Chunk /*chunk*/) override {}
  void on_response_end(Headers /*trailers*/) override { ended = true; }
  void on_response_error(Error error) override { failure = error; }
  void on_backend_writable() override {}
  uint16_t status = 0;
  bool ended = false;
  std::optional<Error> failure;
};

class HostPoolTest : public testing::Test {
 protected:
  void listen() {
    acceptor_ = std::move(*network_.listen(kBackend, [this](std::unique_ptr<net::Stream> stream) {
      accepted_.push_back(std::move(stream));
    }));
  }
  void settle() {
    for (int i = 0; i < 20; ++i) loop_.run_once(Duration::zero());
  }
  void advance(Duration by) {
    const TimePoint end = clock_.now() + by;
    while (clock_.now() < end) loop_.run_once(end - clock_.now());
    settle();
  }
  // One whole exchange over a connection.
  IgnoreResponse exchange(http::ClientConnection& connection, size_t accepted) {
    IgnoreResponse handler;
    http::ClientStream& stream = connection.start(handler);
    stream.send_head(RequestHead());
    stream.send_end({});
    settle();
    std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
    const struct iovec part{answer.data(), answer.size()};
    accepted_[accepted]->write(&part, 1);
    settle();
    return handler;
  }
  HostPool& pool() {
    if (!pool_) pool_.emplace(context_, limits_, kBackend, counts_, stats_);
    return *pool_;
  }

  ManualClock clock_;
  net::VirtualPoller poller_{clock_};
  net::EventLoop loop_{clock_, poller_};
  net::MemoryNetwork network_{loop_};
  http::ReadBuffer read_buffer_;
  http::ClientSettings settings_;
  PoolContext context_{loop_, network_, read_buffer_, settings_, net::Lane::live};
  PoolLimits limits_;
  BreakerCounts counts_;
  ClusterStats stats_;
  std::vector<std::unique_ptr<net::Stream>> accepted_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::optional<HostPool> pool_;
};

TEST_F(HostPoolTest, a_waiter_gets_the_connection_that_was_opened_for_it) {
  listen();
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  settle();
  EXPECT_NE(waiter.connection, nullptr);
  EXPECT_EQ(stats_.requests_pending.value(), 0);
  EXPECT_EQ(counts_.pending.value(), 0u);
  EXPECT_EQ(counts_.connections.value(), 1u);
}

TEST_F(HostPoolTest, a_connection_is_used_again_after_its_exchange) {
  listen();
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  settle();
  EXPECT_EQ(pool().take_idle(Waiter()), nullptr);
  EXPECT_TRUE(exchange(*waiter.connection, 0).ended);
  EXPECT_EQ(pool().take_idle(Waiter()), waiter.connection);
  EXPECT_EQ(accepted_.size(), 1u);
}

TEST_F(HostPoolTest, refused_connections_fail_one_waiter_each) {
  Waiter first;
  Waiter second;
  ASSERT_TRUE(pool().wait(first));
  ASSERT_TRUE(pool().wait(second));
  settle();
  ASSERT_TRUE(first.error.has_value());
  ASSERT_TRUE(second.error.has_value());
  EXPECT_EQ(first.error->code, Errc::connect_refused);
  EXPECT_EQ(stats_.connect_failures.value(), 2u);
  EXPECT_EQ(counts_.connections.value(), 0u);
}

TEST_F(HostPoolTest, a_black_hole_ends_with_the_connect_timeout) {
  network_.black_hole(kBackend);
  limits_.connect_timeout = Millis(250);
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  advance(milliseconds(240));
  EXPECT_FALSE(waiter.error.has_value());
  advance(milliseconds(20));
  ASSERT_TRUE(waiter.error.has_value());
  EXPECT_EQ(waiter.error->code, Errc::connect_timeout);
}

TEST_F(HostPoolTest, the_queue_of_waiters_says_no_and_counts_it) {
  network_.black_hole(kBackend);
  limits_.breakers.max_pending_requests = 1;
  Waiter first;
  Waiter second;
  ASSERT_TRUE(pool().wait(first));
  const Result<void> refused = pool().wait(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overflow);
  EXPECT_EQ(stats_.overflow_pending.value(), 1u);
}

TEST_F(HostPoolTest, beyond_the_connection_limit_a_waiter_gets_the_next_that_is_free) {
  listen();
  limits_.breakers.max_connections = 1;
  Waiter first;
  Waiter second;
  ASSERT_TRUE(pool().wait(first));
  settle();
  ASSERT_TRUE(pool().wait(second));
  settle();
  EXPECT_EQ(second.connection, nullptr);
  EXPECT_EQ(stats_.overflow_connections.value(), 1u);
  EXPECT_TRUE(exchange(*first.connection, 0).ended);
  EXPECT_EQ(second.connection, first.connection);
  EXPECT_EQ(accepted_.size(), 1u);
}

TEST_F(HostPoolTest, no_connection_at_all_is_an_overflow) {
  limits_.breakers.max_connections = 0;
  Waiter waiter;
  const Result<void> refused = pool().wait(waiter);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overflow);
  EXPECT_EQ(counts_.pending.value(), 0u);
}

TEST_F(HostPoolTest, a_waiter_that_leaves_is_forgotten_and_its_connection_stays_for_the_next) {
  listen();
  {
    Waiter waiter;
    ASSERT_TRUE(pool().wait(waiter));
  }
  EXPECT_EQ(counts_.pending.value(), 0u);
  settle();
  EXPECT_NE(pool().take_idle(Waiter()), nullptr);
}

TEST_F(HostPoolTest, an_idle_connection_that_the_backend_closes_is_not_given_out) {
  listen();
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  settle();
  EXPECT_TRUE(exchange(*waiter.connection, 0).ended);
  accepted_.clear();
  settle();
  EXPECT_EQ(pool().take_idle(Waiter()), nullptr);
  EXPECT_EQ(counts_.connections.value(), 0u);
}

TEST_F(HostPoolTest, connections_idle_for_too_long_are_closed) {
  listen();
  limits_.idle_timeout = Millis(1'000);
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  settle();
  EXPECT_TRUE(exchange(*waiter.connection, 0).ended);
  advance(milliseconds(900));
  pool().close_stale();
  EXPECT_EQ(counts_.connections.value(), 1u);
  advance(milliseconds(200));
  pool().close_stale();
  EXPECT_EQ(counts_.connections.value(), 0u);
  EXPECT_EQ(pool().take_idle(Waiter()), nullptr);
}

TEST_F(HostPoolTest, draining_lets_the_exchange_in_progress_finish) {
  listen();
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  settle();
  pool().drain();
  EXPECT_FALSE(pool().unused());
  EXPECT_TRUE(exchange(*waiter.connection, 0).ended);
  EXPECT_TRUE(pool().unused());
}

TEST_F(HostPoolTest, a_connection_serves_no_more_requests_than_allowed) {
  listen();
  limits_.rules.requests_max = 2;
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  settle();
  EXPECT_TRUE(exchange(*waiter.connection, 0).ended);
  ASSERT_EQ(pool().take_idle(Waiter()), waiter.connection);
  EXPECT_TRUE(exchange(*waiter.connection, 0).ended);
  EXPECT_EQ(pool().take_idle(Waiter()), nullptr);
  EXPECT_EQ(counts_.connections.value(), 0u);
}

TEST_F(HostPoolTest, a_worn_connection_is_replaced_for_those_who_wait) {
  listen();
  limits_.rules.requests_max = 1;
  limits_.breakers.max_connections = 1;
  Waiter first;
  Waiter second;
  ASSERT_TRUE(pool().wait(first));
  settle();
  ASSERT_TRUE(pool().wait(second));
  EXPECT_TRUE(exchange(*first.connection, 0).ended);
  settle();
  EXPECT_NE(second.connection, nullptr);
  EXPECT_EQ(accepted_.size(), 2u);
}

TEST_F(HostPoolTest, renewing_lets_go_of_the_connections_there_are) {
  listen();
  Waiter busy;
  Waiter idle;
  ASSERT_TRUE(pool().wait(busy));
  ASSERT_TRUE(pool().wait(idle));
  settle();
  EXPECT_TRUE(exchange(*idle.connection, 1).ended);
  pool().renew();
  EXPECT_EQ(counts_.connections.value(), 1u);
  EXPECT_TRUE(exchange(*busy.connection, 0).ended);
  EXPECT_EQ(counts_.connections.value(), 0u);
  Waiter later;
  ASSERT_TRUE(pool().wait(later));
  settle();
  EXPECT_TRUE(exchange(*later.connection, 2).ended);
  EXPECT_NE(pool().take_idle(Waiter()), nullptr);
}

TEST_F(HostPoolTest, connections_that_speak_for_a_client_serve_only_that_client) {
  listen();
  limits_.rules.proxy_protocol = routing::ProxyProtocol::v1;
  const net::Address gateway = *net::Address::parse("192.0.2.9", 80);
  Waiter alice({*net::Address::parse("192.0.2.1", 1001), gateway});
  Waiter bob({*net::Address::parse("192.0.2.2", 1002), gateway});
  ASSERT_TRUE(pool().wait(alice));
  settle();
  EXPECT_TRUE(exchange(*alice.connection, 0).ended);
  EXPECT_EQ(pool().take_idle(bob), nullptr);
  EXPECT_EQ(pool().take_idle(alice), alice.connection);
  char bytes[256];
  const net::IoResult io = accepted_[0]->read(bytes, sizeof(bytes));
  EXPECT_TRUE(std::string_view(bytes, io.bytes)
                  .starts_with("PROXY TCP4 192.0.2.1 192.0.2.9 1001 80\r\nGET / HTTP/1.1\r\n"));
}

TEST_F(HostPoolTest, a_connection_of_another_client_makes_room) {
  listen();
  limits_.rules.proxy_protocol = routing::ProxyProtocol::v2;
  limits_.breakers.max_connections = 1;
  Waiter alice({*net::Address::parse("192.0.2.1", 1001), {}});
  Waiter bob({*net::Address::parse("192.0.2.2", 1002), {}});
  ASSERT_TRUE(pool().wait(alice));
  settle();
  ASSERT_TRUE(pool().wait(bob));
  EXPECT_TRUE(exchange(*alice.connection, 0).ended);
  settle();
  EXPECT_NE(bob.connection, nullptr);
  EXPECT_EQ(accepted_.size(), 2u);
}

TEST_F(HostPoolTest, destroying_the_pool_gives_everything_back) {
  listen();
  Waiter waiter;
  ASSERT_TRUE(pool().wait(waiter));
  settle();
  Waiter waiting;
  ASSERT_TRUE(pool().wait(waiting));
  pool_.reset();
  EXPECT_EQ(counts_.connections.value(), 0u);
  EXPECT_EQ(counts_.pending.value(), 0u);
  EXPECT_EQ(stats_.connections_active.value(), 0);
  EXPECT_EQ(stats_.requests_pending.value(), 0);
}

std::string first_bytes(net::Stream& stream) {
  char bytes[16] = {};
  return {bytes, stream.read(bytes, sizeof(bytes)).bytes};
}

class FollowingHostPoolTest : public HostPoolTest {
 protected:
  FollowingHostPoolTest() {
    listen();
    limits_.rules.follow_client = true;
  }
  Waiter first{Version::http11};
  Waiter second{Version::http2};
};

TEST_F(FollowingHostPoolTest, connections_of_both_versions_stand_side_by_side) {
  ASSERT_TRUE(pool().wait(first));
  ASSERT_TRUE(pool().wait(second));
  settle();
  ASSERT_NE(second.connection, nullptr);
  EXPECT_TRUE(exchange(*first.connection, 0).ended);
  EXPECT_TRUE(first_bytes(*accepted_[0]).starts_with("GET / HTTP/1.1"));
  EXPECT_TRUE(first_bytes(*accepted_[1]).starts_with("PRI * HTTP/2.0"));
  EXPECT_EQ(pool().take_idle(Waiter(Version::http10)), first.connection);
  EXPECT_EQ(pool().take_idle(second), second.connection);
  pool().drain();
  EXPECT_EQ(counts_.connections.value(), 1u);
}

TEST_F(FollowingHostPoolTest, an_idle_connection_of_one_version_makes_room_for_the_other) {
  limits_.breakers.max_connections = 1;
  ASSERT_TRUE(pool().wait(first));
  settle();
  EXPECT_FALSE(pool().wait(second));
  EXPECT_TRUE(exchange(*first.connection, 0).ended);
  ASSERT_TRUE(pool().wait(second));
  settle();
  EXPECT_NE(second.connection, nullptr);
  EXPECT_EQ(counts_.connections.value(), 1u);
  EXPECT_TRUE(pool().wait(first));
}

TEST_F(FollowingHostPoolTest, a_version_that_is_not_spoken_any_more_is_let_go_of) {
  ASSERT_TRUE(pool().wait(second));
  settle();
  limits_.rules.follow_client = false;
  pool().close_stale();
  EXPECT_TRUE(pool().unused());
}

TEST_F(FollowingHostPoolTest, whoever_waits_for_a_version_that_is_left_is_served) {
  ASSERT_TRUE(pool().wait(second));
  limits_.rules.follow_client = false;
  pool().close_stale();
  settle();
  EXPECT_NE(second.connection, nullptr);
  EXPECT_EQ(accepted_.size(), 1U);
}

// Begins a request as soon as it may.
struct Sharer final : PoolTicket {
  explicit Sharer(uint32_t pipelining = 1, Origin origin = {}) {
    pipelining_ = pipelining;
    origin_ = std::move(origin);
  }
  void begin(http::ClientConnection& got) {
    connection = &got;
    stream = &got.start(response);
    stream->send_head(RequestHead());
    stream->send_end({});
  }
  void on_connection(http::ClientConnection& got) override { begin(got); }
  void on_no_connection(const Error& got) override { error = got; }
  http::ClientConnection* connection = nullptr;
  http::ClientStream* stream = nullptr;
  IgnoreResponse response;
  std::optional<Error> error;
};

class SharedHostPoolTest : public HostPoolTest {
 protected:
  SharedHostPoolTest() {
    limits_.rules.http2 = true;
    limits_.client.h2.streams_max = 2;
  }
  void join(Sharer& sharer) {
    if (http::ClientConnection* shared = pool().take_idle(sharer)) return sharer.begin(*shared);
    ASSERT_TRUE(pool().wait(sharer));
  }
};

TEST_F(SharedHostPoolTest, a_connection_is_filled_before_another_is_opened) {
  listen();
  Sharer first;
  Sharer second;
  Sharer third;
  join(first);
  join(second);
  join(third);
  settle();
  ASSERT_NE(first.connection, nullptr);
  EXPECT_EQ(first.connection, second.connection);
  ASSERT_NE(third.connection, nullptr);
  EXPECT_NE(third.connection, first.connection);
  EXPECT_EQ(accepted_.size(), 2U);
  EXPECT_EQ(counts_.connections.value(), 2U);
  // A place that comes free is used before the newer connection.
  first.stream->cancel();
  settle();
  Sharer fourth;
  join(fourth);
  EXPECT_EQ(fourth.connection, second.connection);
}

TEST_F(SharedHostPoolTest, whoever_waits_gets_the_place_that_comes_free) {
  listen();
  limits_.breakers.max_connections = 1;
  Sharer first;
  Sharer second;
  Sharer third;
  join(first);
  join(second);
  join(third);
  settle();
  EXPECT_EQ(third.connection, nullptr);
  second.stream->cancel();
  settle();
  EXPECT_EQ(third.connection, first.connection);
  EXPECT_EQ(accepted_.size(), 1U);
}

TEST_F(SharedHostPoolTest, a_refused_connection_fails_all_who_were_to_share_it) {
  Sharer first;
  Sharer second;
  join(first);
  join(second);
  settle();
  EXPECT_TRUE(first.error.has_value());
  EXPECT_TRUE(second.error.has_value());
  EXPECT_EQ(stats_.connect_failures.value(), 1U);
}

// RFC 9113 section 6.5: a SETTINGS frame with SETTINGS_MAX_CONCURRENT_STREAMS.
void allow_streams(net::Stream& backend, char streams) {
  const std::string frame{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, streams};
  const struct iovec part{const_cast<char*>(frame.data()), frame.size()};
  ASSERT_EQ(backend.write(&part, 1).bytes, frame.size());
}

TEST_F(SharedHostPoolTest, a_backend_is_asked_for_no_more_at_once_than_it_allowed_before) {
  listen();
  limits_.client.h2.streams_max = 50;
  Sharer before;
  join(before);
  settle();
  allow_streams(*accepted_[0], 1);
  settle();
  before.connection->close();
  settle();
  ASSERT_TRUE(pool().unused());
  Sharer first;
  Sharer second;
  join(first);
  join(second);
  settle();
  ASSERT_NE(first.connection, nullptr);
  ASSERT_NE(second.connection, nullptr);
  EXPECT_NE(first.connection, second.connection);
  EXPECT_EQ(accepted_.size(), 3u);
}

// Or nobody would ever be served.
TEST_F(SharedHostPoolTest, a_backend_that_allowed_nothing_is_asked_for_one_at_a_time) {
  listen();
  Sharer before;
  join(before);
  settle();
  allow_streams(*accepted_[0], 0);
  settle();
  before.connection->close();
  Sharer first;
  Sharer second;
  join(first);
  join(second);
  EXPECT_EQ(counts_.connections.value(), 2u);
  settle();
  EXPECT_NE(first.connection, nullptr);
}

TEST_F(SharedHostPoolTest, idle_connections_are_closed_in_time_and_when_it_drains) {
  listen();
  Sharer first;
  join(first);
  settle();
  first.stream->cancel();
  settle();
  pool().close_stale();
  EXPECT_FALSE(pool().unused());
  advance(limits_.idle_timeout + milliseconds(1));
  pool().close_stale();
  EXPECT_TRUE(pool().unused());
  Sharer second;
  join(second);
  settle();
  pool().drain();
  EXPECT_FALSE(pool().unused());
  second.stream->cancel();
  settle();
  EXPECT_TRUE(pool().unused());
}

TEST_F(SharedHostPoolTest, a_connection_of_the_version_that_is_left_lasts_as_long_as_its_streams) {
  listen();
  Sharer first;
  Sharer second;
  join(first);
  join(second);
  settle();
  limits_.rules.http2 = false;
  pool().leave_other_version();
  Waiter later;
  EXPECT_EQ(pool().take_idle(later), nullptr);
  first.stream->cancel();
  settle();
  EXPECT_EQ(counts_.connections.value(), 1U);
  EXPECT_FALSE(second.response.failure.has_value());
  second.stream->cancel();
  settle();
  EXPECT_EQ(counts_.connections.value(), 0U);
}

class PipeliningHostPoolTest : public HostPoolTest {
 protected:
  static constexpr uint32_t kDepth = 3;

  PipeliningHostPoolTest() {
    context_.lane = net::Lane::background;
    listen();
  }
  void join(Sharer& sharer) {
    if (http::ClientConnection* shared = pool().take_idle(sharer)) return sharer.begin(*shared);
    ASSERT_TRUE(pool().wait(sharer));
  }
  void answer(size_t accepted, int times = 1) {
    char bytes[4096];
    accepted_[accepted]->read(bytes, sizeof(bytes));
    for (; times > 0; --times) {
      std::string text = "HTTP/1.1 204 No Content\r\n\r\n";
      const struct iovec part{text.data(), text.size()};
      accepted_[accepted]->write(&part, 1);
    }
    settle();
  }
  // The first connection, once it has answered a request.
  void prove() {
    Sharer first(kDepth);
    join(first);
    settle();
    answer(0);
    ASSERT_TRUE(first.response.ended);
  }
  // For one connection.
  std::vector<std::unique_ptr<Sharer>> join_one_too_many() {
    std::vector<std::unique_ptr<Sharer>> sharers;
    for (uint32_t i = 0; i <= kDepth; ++i) {
      sharers.push_back(std::make_unique<Sharer>(kDepth));
      join(*sharers.back());
    }
    settle();
    return sharers;
  }
};

TEST_F(PipeliningHostPoolTest, before_its_first_answer_a_connection_serves_one_request) {
  Sharer first(kDepth);
  Sharer second(kDepth);
  join(first);
  join(second);
  settle();
  EXPECT_NE(first.connection, second.connection);
  EXPECT_EQ(accepted_.size(), 2u);
}

TEST_F(PipeliningHostPoolTest, a_proven_connection_is_filled_before_another_is_opened) {
  prove();
  const auto sharers = join_one_too_many();
  EXPECT_EQ(sharers[0]->connection, sharers[kDepth - 1]->connection);
  ASSERT_NE(sharers[kDepth]->connection, nullptr);
  EXPECT_NE(sharers[kDepth]->connection, sharers[0]->connection);
  EXPECT_EQ(counts_.connections.value(), 2u);
  answer(0, kDepth);
  for (uint32_t i = 0; i < kDepth; ++i) EXPECT_TRUE(sharers[i]->response.ended);
  Sharer later(kDepth);
  join(later);
  EXPECT_EQ(later.connection, sharers[0]->connection);
}

TEST_F(PipeliningHostPoolTest, never_opens_more_than_the_limit_and_counts_whom_it_turns_away) {
  limits_.breakers.max_connections = 1;
  limits_.breakers.max_pending_requests = 1;
  prove();
  const auto sharers = join_one_too_many();
  EXPECT_EQ(sharers[kDepth]->connection, nullptr);
  EXPECT_EQ(accepted_.size(), 1u);
  EXPECT_EQ(stats_.overflow_connections.value(), 1u);
  Sharer refused(kDepth);
  EXPECT_EQ(pool().take_idle(refused), nullptr);
  EXPECT_FALSE(pool().wait(refused));
  EXPECT_EQ(stats_.overflow_pending.value(), 1u);
  answer(0);
  EXPECT_EQ(sharers[kDepth]->connection, sharers[0]->connection);
}

TEST_F(PipeliningHostPoolTest, a_connection_serves_no_more_requests_than_allowed) {
  limits_.rules.requests_max = 3;
  prove();
  Sharer second(kDepth);
  Sharer third(kDepth);
  Sharer fourth(kDepth);
  join(second);
  join(third);
  join(fourth);
  settle();
  EXPECT_EQ(second.connection, third.connection);
  EXPECT_NE(fourth.connection, second.connection);
  answer(0, 2);
  EXPECT_TRUE(third.response.ended);
  EXPECT_EQ(counts_.connections.value(), 1u);
}

TEST_F(PipeliningHostPoolTest, live_requests_are_not_pipelined_whatever_their_ticket_says) {
  context_.lane = net::Lane::live;
  prove();
  Sharer second(kDepth);
  Sharer third(kDepth);
  join(second);
  join(third);
  settle();
  EXPECT_NE(second.connection, third.connection);
}

TEST_F(PipeliningHostPoolTest, depths_have_connections_of_their_own) {
  prove();
  Sharer one_at_a_time(1);
  Sharer deeper(kDepth + 1);
  EXPECT_EQ(pool().take_idle(one_at_a_time), nullptr);
  EXPECT_EQ(pool().take_idle(deeper), nullptr);
  Sharer same(kDepth);
  EXPECT_NE(pool().take_idle(same), nullptr);
}

TEST_F(PipeliningHostPoolTest,
       idle_connections_of_another_depth_make_room_and_are_let_go_of_in_time) {
  limits_.breakers.max_connections = 1;
  prove();
  Sharer other(kDepth + 1);
  join(other);
  settle();
  EXPECT_NE(other.connection, nullptr);
  EXPECT_EQ(counts_.connections.value(), 1u);
  answer(1);
  advance(limits_.idle_timeout + milliseconds(1));
  pool().close_stale();
  EXPECT_TRUE(pool().unused());
  EXPECT_EQ(counts_.connections.value(), 0u);
}

TEST_F(PipeliningHostPoolTest, a_refused_connection_fails_all_who_were_to_share_it) {
  acceptor_.reset();
  Sharer first(kDepth);
  Sharer second(kDepth);
  join(first);
  join(second);
  settle();
  EXPECT_TRUE(first.error.has_value());
  EXPECT_TRUE(second.error.has_value());
  EXPECT_EQ(stats_.connect_failures.value(), 1u);
}

TEST_F(PipeliningHostPoolTest,
       those_who_wait_share_the_first_connection_as_soon_as_it_has_answered) {
  std::vector<std::unique_ptr<Sharer>> sharers;
  for (uint32_t i = 0; i < kDepth; ++i) {
    sharers.push_back(std::make_unique<Sharer>(kDepth));
    join(*sharers.back());
  }
  EXPECT_EQ(counts_.connections.value(), 1u);
  limits_.breakers.max_connections = 1;
  settle();
  answer(0);
  EXPECT_TRUE(sharers[0]->response.ended);
  for (const auto& sharer : sharers) EXPECT_EQ(sharer->connection, sharers[0]->connection);
}

TEST_F(PipeliningHostPoolTest, a_connection_of_another_client_makes_room) {
  limits_.rules.proxy_protocol = routing::ProxyProtocol::v1;
  limits_.breakers.max_connections = 1;
  Sharer alice(kDepth, {*net::Address::parse("192.0.2.1", 1001), {}});
  Sharer bob(kDepth, {*net::Address::parse("192.0.2.2", 1002), {}});
  join(alice);
  settle();
  join(bob);
  EXPECT_EQ(bob.connection, nullptr);
  answer(0);
  settle();
  EXPECT_NE(bob.connection, nullptr);
  EXPECT_EQ(accepted_.size(), 2u);
}

TEST_F(PipeliningHostPoolTest, draining_lets_what_is_under_way_finish) {
  prove();
  Sharer first(kDepth);
  Sharer second(kDepth);
  join(first);
  join(second);
  settle();
  pool().drain();
  answer(0);
  EXPECT_TRUE(first.response.ended);
  EXPECT_FALSE(pool().unused());
  answer(0);
  EXPECT_TRUE(second.response.ended);
  EXPECT_TRUE(pool().unused());
}

}  // namespace
}  // namespace gnomon::proxy
