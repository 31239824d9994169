#include "shadow/failure_breaker.h"

#include <gtest/gtest.h>

namespace gnomon::shadow {
namespace {

class FailureBreakerTest : public testing::Test {
 protected:
  void fail(uint32_t times) {
    for (uint32_t i = 0; i < times; ++i) breaker_.on_failure(now_, false);
  }
  bool allow() { return breaker_.ask(now_) != FailureBreaker::Permit::refused; }
  FailureBreaker breaker_;
  TimePoint now_{std::chrono::hours(1)};
};

TEST_F(FailureBreakerTest, opens_after_failures_in_a_row) {
  fail(FailureBreaker::kFailures - 1);
  EXPECT_TRUE(allow());
  fail(1);
  EXPECT_FALSE(allow());
}

TEST_F(FailureBreakerTest, a_success_in_between_starts_the_count_again) {
  fail(FailureBreaker::kFailures - 1);
  breaker_.on_success();
  fail(FailureBreaker::kFailures - 1);
  EXPECT_TRUE(allow());
}

TEST_F(FailureBreakerTest, lets_one_probe_through_and_closes_when_it_succeeds) {
  fail(FailureBreaker::kFailures);
  now_ += FailureBreaker::kFirstPause;
  EXPECT_TRUE(allow());
  EXPECT_FALSE(allow());
  breaker_.on_success();
  EXPECT_TRUE(allow());
  EXPECT_TRUE(allow());
}

TEST_F(FailureBreakerTest, a_failed_probe_doubles_the_pause_up_to_its_longest) {
  fail(FailureBreaker::kFailures);
  Millis pause = FailureBreaker::kFirstPause;
  for (int i = 0; i < 8; ++i) {
    now_ += pause - Millis(1);
    EXPECT_FALSE(allow()) << i;
    now_ += Millis(1);
    EXPECT_TRUE(allow()) << i;
    breaker_.on_failure(now_, true);
    pause = std::min(pause * 2, FailureBreaker::kLongestPause);
  }
  EXPECT_EQ(pause, FailureBreaker::kLongestPause);
}

TEST_F(FailureBreakerTest, copies_that_were_under_way_do_not_lengthen_the_pause) {
  fail(FailureBreaker::kFailures + 50);
  now_ += FailureBreaker::kFirstPause;
  EXPECT_TRUE(allow());
}

TEST_F(FailureBreakerTest, a_probe_cut_for_a_reason_of_ours_makes_room_for_another) {
  fail(FailureBreaker::kFailures);
  now_ += FailureBreaker::kFirstPause;
  EXPECT_TRUE(allow());
  breaker_.on_void(true);
  EXPECT_TRUE(allow());
}

TEST_F(FailureBreakerTest, what_an_older_copy_ends_with_is_not_the_probe_s_answer) {
  fail(FailureBreaker::kFailures);
  now_ += FailureBreaker::kFirstPause;
  EXPECT_TRUE(allow());
  breaker_.on_void(false);
  EXPECT_FALSE(allow());
  breaker_.on_failure(now_, false);
  EXPECT_FALSE(allow());
  breaker_.on_failure(now_, true);
  now_ += FailureBreaker::kFirstPause * 2;
  EXPECT_TRUE(allow());
}

}  // namespace
}  // namespace gnomon::shadow
