#include "proxy/host_group.h"

#include <gtest/gtest.h>

#include <map>

namespace gnomon::proxy {
namespace {

using routing::Balance;
using std::chrono::seconds;

class HostGroupTest : public testing::Test {
 protected:
  // A host of each weight, with ids 0, 1, 2...
  void assign(std::vector<uint32_t> weights, Balance balance) {
    std::vector<BalancedHost> hosts;
    active_.assign(weights.size(), 0);
    for (uint32_t i = 0; i < weights.size(); ++i) {
      hosts.push_back({i, "10.0.0." + std::to_string(i) + ":80", weights[i], since_,
                       !unhealthy_.contains(i), &active_[i]});
    }
    group_.assign(std::move(hosts), balance, options_, now_, rng_);
  }
  std::map<uint32_t, int> picks(int count) {
    std::map<uint32_t, int> out;
    for (int i = 0; i < count; ++i) {
      if (const auto id = group_.pick(std::nullopt, now_, rng_)) ++out[*id];
    }
    return out;
  }

  Rng rng_{7};
  TimePoint now_{std::chrono::hours(1)};
  TimePoint since_{};
  routing::BalanceOptions options_;
  std::map<uint32_t, bool> unhealthy_;
  std::vector<uint32_t> active_;
  HostGroup group_;
};

TEST_F(HostGroupTest, has_nobody_to_pick_when_empty) {
  assign({}, Balance::round_robin);
  EXPECT_TRUE(group_.empty());
  EXPECT_FALSE(group_.pick(std::nullopt, now_, rng_));
}

TEST_F(HostGroupTest, round_robin_takes_turns) {
  assign({1, 1, 1}, Balance::round_robin);
  EXPECT_EQ(picks(300), (std::map<uint32_t, int>{{0, 100}, {1, 100}, {2, 100}}));
}

TEST_F(HostGroupTest, round_robin_takes_turns_by_weight) {
  assign({1, 3, 6}, Balance::round_robin);
  const auto share = picks(1000);
  EXPECT_NEAR(share.at(0), 100, 2);
  EXPECT_NEAR(share.at(1), 300, 2);
  EXPECT_NEAR(share.at(2), 600, 2);
}

TEST_F(HostGroupTest, random_goes_by_weight) {
  assign({1, 3, 6}, Balance::random);
  const auto share = picks(100'000);
  EXPECT_NEAR(share.at(0), 10'000, 500);
  EXPECT_NEAR(share.at(1), 30'000, 800);
  EXPECT_NEAR(share.at(2), 60'000, 800);
}

TEST_F(HostGroupTest, least_request_prefers_whoever_is_idle) {
  assign({1, 1}, Balance::least_request);
  active_[0] = 5;
  const auto share = picks(10'000);
  EXPECT_NEAR(share.at(1), 7'500, 300);  // the busy one only when it is drawn twice
  options_.choices = 8;
  assign({1, 1}, Balance::least_request);
  active_[0] = 5;
  EXPECT_LT(picks(10'000)[0], 100);
}

TEST_F(HostGroupTest, least_request_weighs_activity_against_weight) {
  assign({1, 4}, Balance::least_request);
  const auto idle = picks(1000);
  EXPECT_NEAR(idle.at(1), 800, 5);
  active_[1] = 3;
  const auto busy = picks(1000);
  EXPECT_NEAR(busy.at(1), 500, 5);
}

TEST_F(HostGroupTest, equal_hashes_go_to_the_same_host) {
  for (const Balance balance : {Balance::ring_hash, Balance::maglev}) {
    assign({1, 1, 1, 1}, balance);
    for (uint64_t hash = 1; hash < 100; ++hash) {
      const auto first = group_.pick(hash * 0x9e3779b97f4a7c15ULL, now_, rng_);
      EXPECT_EQ(group_.pick(hash * 0x9e3779b97f4a7c15ULL, now_, rng_), first);
    }
    EXPECT_EQ(picks(1000).size(), 4u);  // without a hash it is anybody
  }
}

TEST_F(HostGroupTest, leaves_out_unhealthy_hosts) {
  unhealthy_ = {{1, true}};
  assign({1, 1, 1}, Balance::round_robin);
  EXPECT_FALSE(group_.panic());
  EXPECT_EQ(picks(100), (std::map<uint32_t, int>{{0, 50}, {2, 50}}));
}

TEST_F(HostGroupTest, uses_all_hosts_when_too_few_are_healthy) {
  unhealthy_ = {{0, true}, {1, true}};
  assign({1, 1, 1, 1}, Balance::round_robin);
  EXPECT_FALSE(group_.panic());  // half of them is not less than half
  unhealthy_.emplace(2, true);
  assign({1, 1, 1, 1}, Balance::round_robin);
  EXPECT_TRUE(group_.panic());
  EXPECT_EQ(picks(100).size(), 4u);
}

TEST_F(HostGroupTest, has_nobody_when_none_is_healthy_and_it_may_not_panic) {
  options_.panic_percent = 0;
  unhealthy_ = {{0, true}};
  assign({1}, Balance::round_robin);
  EXPECT_FALSE(group_.pick(std::nullopt, now_, rng_));
}

TEST(SlowStart, grows_to_the_full_weight) {
  routing::SlowStart slow{.window = Millis(10'000)};
  EXPECT_DOUBLE_EQ(slow_start_factor(slow, Millis(0)), 0.1);
  EXPECT_DOUBLE_EQ(slow_start_factor(slow, Millis(5'000)), 0.5);
  EXPECT_DOUBLE_EQ(slow_start_factor(slow, Millis(10'000)), 1);
  slow.aggression = 2;
  EXPECT_DOUBLE_EQ(slow_start_factor(slow, Millis(2'500)), 0.5);
  slow.min_weight = 0.6;
  EXPECT_DOUBLE_EQ(slow_start_factor(slow, Millis(2'500)), 0.6);
  EXPECT_DOUBLE_EQ(slow_start_factor({}, Millis(0)), 1);
}

TEST_F(HostGroupTest, a_new_host_starts_slowly) {
  options_.slow_start.window = Millis(10'000);
  since_ = now_ - seconds(100);
  active_.assign(2, 0);
  std::vector<BalancedHost> hosts = {{0, "a", 1, since_, true, &active_[0]},
                                     {1, "b", 1, now_, true, &active_[1]}};
  group_.assign(std::move(hosts), Balance::round_robin, options_, now_, rng_);
  EXPECT_NEAR(picks(1100)[1], 100, 12);
  now_ += seconds(5);
  picks(20);  // turns that were planned with the old weight
  EXPECT_NEAR(picks(1500)[1], 500, 12);
  now_ += seconds(6);
  EXPECT_EQ(picks(1000)[1], 500);
}

}  // namespace
}  // namespace gnomon::proxy
