#include "proxy/upstream_health.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

using std::chrono::seconds;

class UpstreamHealthTest : public testing::Test {
 protected:
  void hosts(int count) {
    for (int i = 0; i < count; ++i) addresses_.push_back("10.0.0." + std::to_string(i) + ":80");
    rules_.max_ejection_percent = 100;
    reload();
  }
  void reload() {
    health_.configure(false, rules_);
    health_.set_hosts(addresses_);
  }
  HostHealth& host(size_t i) { return *health_.host(addresses_.at(i)); }
  void answer(size_t i, uint16_t status, int times = 1) {
    for (int n = 0; n < times; ++n) health_.on_status(host(i), status, rules_, now_, rng_);
  }
  void connect(size_t i, bool good, int times = 1) {
    for (int n = 0; n < times; ++n) health_.on_connect(host(i), good, rules_, now_, rng_);
  }
  void sweep_after(Duration time) {
    now_ += time;
    health_.sweep(now_, rng_);
  }
  uint64_t ejections(Ejection why) { return health_.totals().ejections[static_cast<size_t>(why)]; }

  Rng rng_{1};
  TimePoint now_{std::chrono::hours(1)};
  routing::OutlierDetection rules_;
  std::vector<std::string> addresses_;
  UpstreamHealth health_;
};

TEST_F(UpstreamHealthTest, ejects_after_so_many_failures_in_a_row) {
  hosts(3);
  const uint64_t version = health_.version();
  answer(0, 500, 4);
  answer(0, 200);
  answer(0, 500, 4);
  EXPECT_TRUE(host(0).usable());
  EXPECT_EQ(health_.version(), version);
  answer(0, 500);
  EXPECT_TRUE(host(0).ejected());
  EXPECT_NE(health_.version(), version);
  EXPECT_EQ(ejections(Ejection::consecutive_5xx), 1u);
  EXPECT_TRUE(host(1).usable());
}

TEST_F(UpstreamHealthTest, gateway_failures_are_enforced_only_where_asked_for) {
  hosts(3);
  rules_.consecutive_5xx = 100;
  rules_.consecutive_gateway_failure = 2;
  reload();
  answer(0, 503, 6);
  EXPECT_TRUE(host(0).usable());
  rules_.enforcing_consecutive_gateway_failure = 100;
  reload();
  answer(1, 500);  // no gateway failure, and it ends a row of them
  answer(1, 502);
  answer(1, 500);
  answer(1, 504);
  EXPECT_TRUE(host(1).usable());
  answer(1, 503);
  EXPECT_TRUE(host(1).ejected());
  EXPECT_EQ(ejections(Ejection::consecutive_gateway_failure), 1u);
}

TEST_F(UpstreamHealthTest, failures_to_connect_have_a_count_of_their_own) {
  hosts(3);
  connect(0, false, 4);
  connect(0, true);
  connect(0, false, 4);
  EXPECT_TRUE(host(0).usable());
  connect(0, false);
  EXPECT_TRUE(host(0).ejected());
  EXPECT_EQ(ejections(Ejection::consecutive_local_origin_failure), 1u);
}

TEST_F(UpstreamHealthTest, an_ejection_ends_after_its_time_and_the_next_is_longer) {
  hosts(3);
  rules_.base_ejection = Millis(30'000);
  reload();
  answer(0, 500, 5);
  sweep_after(seconds(29));
  EXPECT_TRUE(host(0).ejected());
  sweep_after(seconds(1));
  EXPECT_TRUE(host(0).usable());
  answer(0, 500, 5);
  sweep_after(seconds(59));
  EXPECT_TRUE(host(0).ejected());
  sweep_after(seconds(1));
  EXPECT_TRUE(host(0).usable());
  sweep_after(seconds(10));  // a good interval shortens the next one again
  sweep_after(seconds(10));
  answer(0, 500, 5);
  sweep_after(seconds(30));
  EXPECT_TRUE(host(0).usable());
}

TEST_F(UpstreamHealthTest, ejects_no_more_than_the_share_allowed) {
  hosts(10);
  rules_.max_ejection_percent = 20;
  reload();
  for (size_t i = 0; i < 4; ++i) answer(i, 500, 5);
  EXPECT_EQ(health_.totals().ejected, 2u);
  EXPECT_EQ(health_.totals().healthy, 8u);
  EXPECT_EQ(health_.totals().ejections_refused, 2u);
}

TEST_F(UpstreamHealthTest, ejects_whose_success_rate_is_far_below_the_others) {
  hosts(5);
  rules_.consecutive_5xx = 1000;
  reload();
  for (size_t i = 0; i < 4; ++i) answer(i, 200, 100);
  answer(4, 200, 50);
  answer(4, 500, 50);
  sweep_after(seconds(10));
  // Rates 100, 100, 100, 100, 50: the mean is 90, the deviation 20, the threshold 52.
  EXPECT_TRUE(host(4).ejected());
  EXPECT_EQ(health_.totals().ejected, 1u);
  EXPECT_EQ(ejections(Ejection::success_rate), 1u);
}

TEST_F(UpstreamHealthTest, success_rates_need_enough_hosts_and_requests) {
  hosts(5);
  rules_.consecutive_5xx = 1000;
  reload();
  for (size_t i = 0; i < 4; ++i) answer(i, 200, 99);
  answer(4, 500, 100);
  sweep_after(seconds(10));
  EXPECT_EQ(health_.totals().ejected, 0u);
}

TEST_F(UpstreamHealthTest, checked_hosts_are_unhealthy_until_a_check_says_otherwise) {
  hosts(1);
  health_.configure(true, std::nullopt);
  addresses_.emplace_back("10.0.0.9:80");
  health_.set_hosts(addresses_);
  EXPECT_TRUE(host(0).usable());  // was there before
  EXPECT_FALSE(host(1).usable());
  health_.set_check(addresses_[1], true);
  EXPECT_TRUE(host(1).usable());
  health_.set_check(addresses_[1], false);
  EXPECT_FALSE(host(1).usable());
  health_.configure(false, std::nullopt);
  EXPECT_TRUE(host(1).usable());
}

TEST_F(UpstreamHealthTest, a_good_check_brings_back_an_ejected_host) {
  hosts(2);
  answer(0, 500, 5);
  health_.count_check(addresses_[0], false, now_);
  EXPECT_TRUE(host(0).ejected());
  health_.count_check(addresses_[0], true, now_);
  EXPECT_TRUE(host(0).usable());
  EXPECT_EQ(health_.totals().checks_good, 1u);
  EXPECT_EQ(health_.totals().checks_failed, 1u);
}

TEST_F(UpstreamHealthTest, a_reload_without_detection_frees_everybody) {
  hosts(2);
  answer(0, 500, 5);
  health_.configure(false, std::nullopt);
  EXPECT_TRUE(host(0).usable());
}

TEST_F(UpstreamHealthTest, hosts_that_leave_are_forgotten) {
  hosts(2);
  const auto kept = health_.host(addresses_[0]);
  health_.set_hosts({addresses_[1]});
  EXPECT_NE(health_.host(addresses_[0]), kept);
  EXPECT_EQ(health_.totals().hosts, 1u);
}

}  // namespace
}  // namespace gnomon::proxy
