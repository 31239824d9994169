#include "shadow/failure_breaker.h"

#include <gtest/gtest.h>

namespace gnomon::shadow {
namespace {

class FailureBreakerTest : public testing::Test {
 protected:
  void fail(uint32_t times) {
    for (uint32_t i = 0; i < times; ++i) breaker_.on_failure(now_);
  }
  FailureBreaker breaker_;
  TimePoint now_{std::chrono::hours(1)};
};

TEST_F(FailureBreakerTest, opens_after_failures_in_a_row) {
  fail(FailureBreaker::kFailures - 1);
  EXPECT_TRUE(breaker_.allow(now_));
  fail(1);
  EXPECT_FALSE(breaker_.allow(now_));
}

TEST_F(FailureBreakerTest, a_success_in_between_starts_the_count_again) {
  fail(FailureBreaker::kFailures - 1);
  breaker_.on_success();
  fail(FailureBreaker::kFailures - 1);
  EXPECT_TRUE(breaker_.allow(now_));
}

TEST_F(FailureBreakerTest, lets_one_probe_through_and_closes_when_it_succeeds) {
  fail(FailureBreaker::kFailures);
  now_ += FailureBreaker::kFirstPause;
  EXPECT_TRUE(breaker_.allow(now_));
  EXPECT_FALSE(breaker_.allow(now_));
  breaker_.on_success();
  EXPECT_TRUE(breaker_.allow(now_));
  EXPECT_TRUE(breaker_.allow(now_));
}

TEST_F(FailureBreakerTest, a_failed_probe_doubles_the_pause_up_to_its_longest) {
  fail(FailureBreaker::kFailures);
  Millis pause = FailureBreaker::kFirstPause;
  for (int i = 0; i < 8; ++i) {
    now_ += pause - Millis(1);
    EXPECT_FALSE(breaker_.allow(now_)) << i;
    now_ += Millis(1);
    EXPECT_TRUE(breaker_.allow(now_)) << i;
    breaker_.on_failure(now_);
    pause = std::min(pause * 2, FailureBreaker::kLongestPause);
  }
  EXPECT_EQ(pause, FailureBreaker::kLongestPause);
}

TEST_F(FailureBreakerTest, copies_that_were_under_way_do_not_lengthen_the_pause) {
  fail(FailureBreaker::kFailures + 50);
  now_ += FailureBreaker::kFirstPause;
  EXPECT_TRUE(breaker_.allow(now_));
}

TEST_F(FailureBreakerTest, a_probe_cut_for_a_reason_of_ours_makes_room_for_another) {
  fail(FailureBreaker::kFailures);
  now_ += FailureBreaker::kFirstPause;
  EXPECT_TRUE(breaker_.allow(now_));
  breaker_.on_void();
  EXPECT_TRUE(breaker_.allow(now_));
}

}  // namespace
}  // namespace gnomon::shadow
