#include "proxy/health_checker.h"

#include <gtest/gtest.h>

#include "net/memory.h"
#include "proxy/tcp_probe.h"

namespace gnomon::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const net::Address kHost = *net::Address::parse("10.0.0.1", 80);

// A backend that keeps what it is asked, and answers when it has an answer.
class Asked final : private net::StreamHandler {
 public:
  Asked(std::unique_ptr<net::Stream> stream, std::vector<std::string>& questions,
        const std::string& answer)
      : stream_(std::move(stream)), questions_(questions), answer_(answer) {
    stream_->set_handler(this);
  }

 private:
  void on_stream_ready() override {
    char buffer[4096];
    while (stream_->readable()) {
      const net::IoResult io = stream_->read(buffer, sizeof(buffer));
      if (io.status != net::IoResult::Status::ok) return;
      questions_.emplace_back(buffer, io.bytes);
      if (answer_.empty()) continue;
      std::string text = answer_;
      const struct iovec part{text.data(), text.size()};
      stream_->write(&part, 1);
    }
  }
  std::unique_ptr<net::Stream> stream_;
  std::vector<std::string>& questions_;
  const std::string& answer_;
};

class HealthCheckerTest : public testing::Test {
 protected:
  HealthCheckerTest() {
    cluster_.name = "u_ns";
    cluster_.endpoints.push_back({kHost.ip(), kHost.port()});
    routing::HealthCheck& check = cluster_.health_check.emplace();
    check.timeout = Millis(1'000);
    check.interval = check.healthy_edge_interval = Millis(10'000);
    check.unhealthy_interval = check.unhealthy_edge_interval = Millis(5'000);
    check.healthy_threshold = 2;
    check.unhealthy_threshold = 3;
    check.http.emplace().path = "/health";
    record_.mark_used();
  }
  ~HealthCheckerTest() override { checker_.reset(); }

  void listen() {
    acceptor_ = std::move(*network_.listen(kHost, [this](std::unique_ptr<net::Stream> stream) {
      asked_.push_back(std::make_unique<Asked>(std::move(stream), questions_, answer_));
    }));
  }
  void start() {
    record_.configure(true, std::nullopt);
    record_.set_hosts({kHost.to_string()});
    const ProbeContext context{loop_, network_, read_buffer_, settings_, net::Lane::live};
    checker_ = std::make_unique<HealthChecker>(
        context, rng_, cluster_, std::vector<UpstreamHealth*>{&record_},
        [this](const HealthEvent& event) { events_.push_back(event.healthy); });
    checker_->set_hosts(resolve_endpoints(cluster_, {}));
    advance(milliseconds(2));
  }
  void advance(Duration by) {
    const TimePoint end = clock_.now() + by;
    while (clock_.now() < end) {
      for (int i = 0; i < 10; ++i) loop_.run_once(Duration::zero());
      loop_.run_once(end - clock_.now());
    }
    for (int i = 0; i < 10; ++i) loop_.run_once(Duration::zero());
  }
  bool healthy() { return record_.host(kHost.to_string())->usable(); }

  ManualClock clock_;
  net::VirtualPoller poller_{clock_};
  net::EventLoop loop_{clock_, poller_};
  net::MemoryNetwork network_{loop_};
  http::ReadBuffer read_buffer_;
  http::ClientSettings settings_;
  Rng rng_{1};
  routing::Cluster cluster_;
  UpstreamHealth record_;
  std::vector<std::string> questions_;
  std::string answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  std::vector<std::unique_ptr<Asked>> asked_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::vector<bool> events_;
  std::unique_ptr<HealthChecker> checker_;
};

TEST_F(HealthCheckerTest, the_first_good_answer_counts_at_once) {
  listen();
  start();
  EXPECT_TRUE(healthy());
  EXPECT_EQ(checker_->unknown(), 0u);
  ASSERT_EQ(questions_.size(), 1u);
  EXPECT_EQ(questions_[0],
            "GET /health HTTP/1.1\r\nhost: 10.0.0.1\r\nuser-agent: Envoy/HC\r\n\r\n");
  EXPECT_EQ(events_, std::vector<bool>{true});
}

TEST_F(HealthCheckerTest, asks_again_over_the_same_connection_after_the_interval) {
  listen();
  start();
  advance(milliseconds(9'990));
  EXPECT_EQ(questions_.size(), 1u);
  advance(milliseconds(20));
  EXPECT_EQ(questions_.size(), 2u);
  EXPECT_EQ(network_.connections_made(), 1u);
}

TEST_F(HealthCheckerTest, connects_anew_where_connections_are_not_to_be_used_again) {
  cluster_.health_check->reuse_connection = false;
  listen();
  start();
  advance(seconds(11));
  EXPECT_EQ(questions_.size(), 2u);
  EXPECT_EQ(network_.connections_made(), 2u);
}

TEST_F(HealthCheckerTest, a_wrong_status_fails_at_once_and_recovery_takes_the_threshold) {
  listen();
  start();
  answer_ = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
  advance(seconds(10));
  EXPECT_FALSE(healthy());
  answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  advance(seconds(5));
  EXPECT_FALSE(healthy());  // one of two
  advance(seconds(10));
  EXPECT_TRUE(healthy());
  EXPECT_EQ(events_, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(record_.totals().checks_failed, 1u);
  EXPECT_EQ(record_.totals().checks_good, 3u);
}

TEST_F(HealthCheckerTest, silence_has_to_last) {
  listen();
  start();
  answer_.clear();
  advance(seconds(11));  // asked, and given up
  EXPECT_TRUE(healthy());
  advance(seconds(6));
  EXPECT_TRUE(healthy());
  advance(seconds(6));
  EXPECT_FALSE(healthy());
}

TEST_F(HealthCheckerTest, a_host_that_refuses_never_becomes_healthy) {
  start();
  EXPECT_FALSE(healthy());
  EXPECT_EQ(checker_->unknown(), 0u);
  advance(seconds(6));
  EXPECT_EQ(network_.connections_made(), 2u);
}

TEST_F(HealthCheckerTest, asks_rarely_while_nobody_uses_the_upstream) {
  UpstreamHealth unused;
  unused.configure(true, std::nullopt);
  unused.set_hosts({kHost.to_string()});
  listen();
  const ProbeContext context{loop_, network_, read_buffer_, settings_, net::Lane::background};
  HealthChecker checker(context, rng_, cluster_, {&unused}, [](const HealthEvent&) {});
  checker.set_hosts(resolve_endpoints(cluster_, {}));
  advance(seconds(59));
  EXPECT_EQ(questions_.size(), 1u);
  advance(seconds(2));
  EXPECT_EQ(questions_.size(), 2u);
}

TEST_F(HealthCheckerTest, hosts_that_stay_keep_their_state) {
  listen();
  start();
  checker_->set_hosts(resolve_endpoints(cluster_, {}));
  advance(seconds(1));
  EXPECT_EQ(questions_.size(), 1u);
  checker_->set_hosts({});
  advance(seconds(60));
  EXPECT_EQ(questions_.size(), 1u);
}

TEST_F(HealthCheckerTest, sends_what_the_check_says) {
  routing::HttpCheck& http = *cluster_.health_check->http;
  http.host = "shop.example.com";
  http.method = "HEAD";
  http.edits = {{routing::HeaderEdit::Op::set, "x-probe", "1"},
                {routing::HeaderEdit::Op::remove, "user-agent", ""}};
  http.statuses = {{200, 300}};
  http.service = "shop";
  answer_ = "HTTP/1.1 204 OK\r\nx-envoy-upstream-healthchecked-cluster: shop-v1\r\n\r\n";
  listen();
  start();
  EXPECT_EQ(questions_.at(0),
            "HEAD /health HTTP/1.1\r\nhost: shop.example.com\r\nx-probe: 1\r\n\r\n");
  EXPECT_TRUE(healthy());
  answer_ = "HTTP/1.1 204 OK\r\nx-envoy-upstream-healthchecked-cluster: other\r\n\r\n";
  advance(seconds(10));
  EXPECT_FALSE(healthy());
}

TEST_F(HealthCheckerTest, tcp_checks_send_and_expect_bytes) {
  cluster_.health_check->http.reset();
  cluster_.health_check->tcp = routing::TcpCheck{"PING", {"PO", "NG"}};
  answer_ = "+PO NG\r\n";
  listen();
  start();
  EXPECT_EQ(questions_, std::vector<std::string>{"PING"});
  EXPECT_TRUE(healthy());
  advance(seconds(10));
  EXPECT_EQ(questions_.size(), 2u);
  EXPECT_EQ(network_.connections_made(), 1u);
}

TEST_F(HealthCheckerTest, a_tcp_check_without_bytes_only_connects) {
  cluster_.health_check->http.reset();
  cluster_.health_check->tcp.emplace();
  cluster_.connection.proxy_protocol = routing::ProxyProtocol::v1;
  listen();
  start();
  EXPECT_TRUE(healthy());
  EXPECT_EQ(questions_, std::vector<std::string>{"PROXY UNKNOWN\r\n"});
}

TEST(HoldsInOrder, wants_all_parts_in_their_order) {
  EXPECT_TRUE(holds_in_order("abc", {}));
  EXPECT_TRUE(holds_in_order("a-b-c", {"a", "c"}));
  EXPECT_FALSE(holds_in_order("a-b-c", {"c", "a"}));
  EXPECT_FALSE(holds_in_order("ab", {"ab", "b"}));
}

}  // namespace
}  // namespace gnomon::proxy
