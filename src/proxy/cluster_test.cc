#include "proxy/cluster.h"

#include <gtest/gtest.h>

#include <set>

#include "net/memory.h"

namespace gnomon::proxy {
namespace {

class ClusterTest : public testing::Test {
 protected:
  ClusterTest() { config_.name = "u_ns"; }

  void host(const std::string& ip, routing::Subset labels = {}) {
    routing::Endpoint endpoint{ip, 80};
    endpoint.labels = std::move(labels);
    config_.endpoints.push_back(std::move(endpoint));
  }
  Cluster& cluster() {
    if (cluster_ == nullptr) {
      std::vector<std::string> addresses;
      for (const auto& found : resolve_endpoints(config_, {})) {
        addresses.push_back(found.address.to_string());
      }
      health().set_hosts(addresses);
      cluster_ = std::make_unique<Cluster>(context_, rng_, config_, AddressBook(), counts_, stats_);
    }
    return *cluster_;
  }
  UpstreamHealth& health() { return *record_; }
  std::set<std::string> picks(const PickContext& context = {}) {
    std::set<std::string> out;
    for (int i = 0; i < 200; ++i) {
      const HostPool* pool = cluster().pick(context);
      out.insert(pool != nullptr ? pool->address().ip() : "nobody");
    }
    return out;
  }
  using Ips = std::set<std::string>;

  ManualClock clock_;
  net::VirtualPoller poller_{clock_};
  net::EventLoop loop_{clock_, poller_};
  net::MemoryNetwork network_{loop_};
  http::ReadBuffer read_buffer_;
  http::ClientSettings settings_;
  HealthRegistry registry_;
  const std::shared_ptr<UpstreamHealth> record_ = registry_.get("u_ns");
  PoolContext context_{loop_, network_, read_buffer_, settings_, net::Lane::live, &registry_};
  Rng rng_{1};
  routing::Cluster config_;
  std::shared_ptr<BreakerCounts> counts_ = std::make_shared<BreakerCounts>();
  std::shared_ptr<ClusterStats> stats_ = std::make_shared<ClusterStats>();
  std::unique_ptr<Cluster> cluster_;
};

TEST_F(ClusterTest, follows_the_health_of_its_hosts) {
  host("10.0.0.1");
  host("10.0.0.2");
  host("10.0.0.3");
  EXPECT_EQ(picks().size(), 3u);
  health().set_check("10.0.0.2:80", false);
  EXPECT_EQ(picks(), (Ips{"10.0.0.1", "10.0.0.3"}));
  EXPECT_EQ(stats_->panics.value(), 0u);
  health().set_check("10.0.0.1:80", false);
  EXPECT_EQ(picks().size(), 3u);
  EXPECT_GT(stats_->panics.value(), 0u);
  health().set_check("10.0.0.1:80", true);
  health().set_check("10.0.0.2:80", true);
  EXPECT_EQ(picks().size(), 3u);
}

TEST_F(ClusterTest, sends_equal_hashes_where_envoys_ring_sends_them) {
  config_.balance = routing::Balance::ring_hash;
  config_.balance_options.ring_min = 12;
  for (uint16_t port = 90; port < 96; ++port) config_.endpoints.push_back({"127.0.0.1", port});
  EXPECT_EQ(cluster().pick({.hash = 3551244743356806947U})->address().port(), 95);
  EXPECT_EQ(cluster().pick({.hash = 3551244743356806948U})->address().port(), 93);
}

TEST_F(ClusterTest, hashes_names_or_keys_where_asked_for) {
  config_.balance = routing::Balance::maglev;
  config_.balance_options.hash_hostname = true;
  host("10.0.0.1");
  host("10.0.0.2", {{"hash_key", "one"}});
  config_.endpoints[0].port = 1;
  std::vector<std::string> before;
  for (uint64_t hash = 0; hash < 50; ++hash)
    before.push_back(cluster().pick({hash})->address().ip());
  config_.endpoints[0].port = 2;  // neither the name nor the key has changed
  cluster().configure(config_, {});
  for (uint64_t hash = 0; hash < 50; ++hash) {
    EXPECT_EQ(cluster().pick({hash})->address().ip(), before[hash]);
  }
}

struct Waiter final : PoolTicket {
  void on_connection(http::ClientConnection& /*connection*/) override {}
  void on_no_connection(const Error& /*error*/) override {}
};

TEST_F(ClusterTest, a_reload_that_changes_the_version_leaves_no_connection_of_the_other) {
  host("10.0.0.1");
  std::vector<std::unique_ptr<net::Stream>> accepted;
  const auto acceptor = network_.listen(
      *net::Address::parse("10.0.0.1", 80),
      [&](std::unique_ptr<net::Stream> one) { accepted.push_back(std::move(one)); });
  ASSERT_TRUE(acceptor);
  for (const bool http2 : {true, false}) {
    Waiter waiter;
    ASSERT_TRUE(cluster().pick()->wait(waiter));
    waiter.leave();  // the connection will be idle
    for (int i = 0; i < 20; ++i) loop_.run_once(Duration::zero());
    EXPECT_EQ(counts_->connections.value(), 1U);
    config_.connection.http2 = http2;
    cluster().configure(config_, {});
    EXPECT_EQ(counts_->connections.value(), 0U) << http2;
  }
}

class SubsetTest : public ClusterTest {
 protected:
  SubsetTest() {
    host("10.0.0.1", {{"stage", "prod"}, {"version", "1"}});
    host("10.0.0.2", {{"stage", "prod"}, {"version", "2"}});
    host("10.0.0.3", {{"stage", "dev"}, {"version", "2"}});
    host("10.0.0.4");
    config_.subsets.selectors = {{{"stage"}}, {{"stage", "version"}}};
  }
  Ips of(const routing::Subset& subset) { return picks({.hash = {}, .subset = &subset}); }
};

TEST_F(SubsetTest, hosts_with_the_labels_asked_for_get_the_request) {
  EXPECT_EQ(of({{"stage", "prod"}}), (Ips{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(of({{"stage", "prod"}, {"version", "2"}}), (Ips{"10.0.0.2"}));
  EXPECT_EQ(picks().size(), 4u);
}

TEST_F(SubsetTest, other_requests_fall_back) {
  const routing::Subset no_selector = {{"version", "2"}};
  const routing::Subset no_host = {{"stage", "test"}};
  EXPECT_EQ(of(no_selector).size(), 4u);
  EXPECT_EQ(of(no_host).size(), 4u);
  config_.subsets.fallback = routing::SubsetRules::Fallback::default_subset;
  config_.subsets.default_subset = {{"version", "2"}};
  cluster().configure(config_, {});
  EXPECT_EQ(of(no_host), (Ips{"10.0.0.2", "10.0.0.3"}));
  EXPECT_EQ(picks(), (Ips{"10.0.0.2", "10.0.0.3"}));
  config_.subsets.fallback = routing::SubsetRules::Fallback::none;
  cluster().configure(config_, {});
  EXPECT_EQ(of(no_host), Ips{"nobody"});
  EXPECT_EQ(of({{"stage", "dev"}}), Ips{"10.0.0.3"});
  EXPECT_GT(stats_->no_host.value(), 0u);
}

TEST_F(SubsetTest, a_subset_may_hold_a_single_host) {
  config_.subsets.selectors = {{{"stage"}, true}};
  EXPECT_EQ(of({{"stage", "prod"}}), Ips{"10.0.0.1"});
}

TEST_F(SubsetTest, a_subset_panics_by_itself) {
  cluster();
  health().set_check("10.0.0.1:80", false);
  EXPECT_EQ(of({{"stage", "prod"}}), Ips{"10.0.0.2"});
  health().set_check("10.0.0.2:80", false);
  EXPECT_EQ(of({{"stage", "prod"}}), (Ips{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(picks(), (Ips{"10.0.0.3", "10.0.0.4"}));
}

}  // namespace
}  // namespace gnomon::proxy
