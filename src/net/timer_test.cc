#include "net/timer.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/rng.h"

namespace gnomon::net {
namespace {

using std::chrono::milliseconds;

class TimerTest : public testing::Test {
 protected:
  void advance(Duration by) {
    now_ += by;
    wheel_.set_now(now_);
    wheel_.fire_due();
  }
  TimePoint now_{std::chrono::hours(5)};
  TimerWheel wheel_{now_};
};

TEST_F(TimerTest, fires_once_and_never_early) {
  int fired = 0;
  Timer timer(wheel_, [&] { ++fired; });
  timer.arm(milliseconds(10));
  advance(milliseconds(9));
  EXPECT_EQ(fired, 0);
  advance(milliseconds(2));
  EXPECT_EQ(fired, 1);
  advance(milliseconds(1000));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, a_fraction_of_a_tick_is_rounded_up) {
  advance(std::chrono::microseconds(600));
  int fired = 0;
  Timer timer(wheel_, [&] { ++fired; });
  timer.arm(milliseconds(1));
  advance(std::chrono::microseconds(500));
  EXPECT_EQ(fired, 0);
  advance(milliseconds(1));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, cancel_and_destruction_prevent_firing) {
  int fired = 0;
  Timer cancelled(wheel_, [&] { ++fired; });
  cancelled.arm(milliseconds(5));
  cancelled.cancel();
  {
    Timer destroyed(wheel_, [&] { ++fired; });
    destroyed.arm(milliseconds(5));
  }
  advance(milliseconds(100));
  EXPECT_EQ(fired, 0);
  EXPECT_EQ(wheel_.armed(), 0u);
}

TEST_F(TimerTest, arming_again_moves_the_deadline) {
  int fired = 0;
  Timer timer(wheel_, [&] { ++fired; });
  timer.arm(milliseconds(5));
  timer.arm(milliseconds(50));
  advance(milliseconds(20));
  EXPECT_EQ(fired, 0);
  advance(milliseconds(40));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, a_timer_may_cancel_another_that_is_due_in_the_same_tick) {
  int fired = 0;
  auto second = std::make_unique<Timer>(wheel_, [&] { ++fired; });
  Timer first(wheel_, [&] { second.reset(); });
  first.arm(milliseconds(5));
  second->arm(milliseconds(5));
  advance(milliseconds(10));
  EXPECT_EQ(fired, 0);
}

TEST_F(TimerTest, a_timer_may_arm_itself_again) {
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(wheel_, [&] {
    if (++fired < 3) timer->arm(milliseconds(10));
  });
  timer->arm(milliseconds(10));
  for (int i = 0; i < 10; ++i) advance(milliseconds(11));
  EXPECT_EQ(fired, 3);
}

// Against a list of deadlines: every timer fires at its time, over all levels of the wheel.
TEST_F(TimerTest, thousand_random_timers_fire_in_their_millisecond) {
  struct Entry {
    std::unique_ptr<Timer> timer;
    TimePoint deadline;
    TimePoint fired{};
  };
  Rng rng(7);
  std::vector<Entry> entries(1000);
  for (Entry& entry : entries) {
    const Duration delay = milliseconds(1 + rng.below(1u << (1 + rng.below(22))));
    entry.deadline = now_ + delay;
    entry.timer = std::make_unique<Timer>(wheel_, [&, e = &entry] { e->fired = now_; });
    entry.timer->arm(delay);
  }
  while (wheel_.armed() > 0) {
    const Duration wait = wheel_.next_wait();
    ASSERT_GE(wait, Duration::zero());
    ASSERT_LE(wait, milliseconds(256));
    advance(wait);
  }
  for (const Entry& entry : entries) {
    EXPECT_GE(entry.fired, entry.deadline);
    EXPECT_LE(entry.fired - entry.deadline, milliseconds(1));
  }
}

TEST_F(TimerTest, a_long_pause_fires_everything_that_became_due) {
  int fired = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 1; i <= 100; ++i) {
    timers.push_back(std::make_unique<Timer>(wheel_, [&] { ++fired; }));
    timers.back()->arm(std::chrono::seconds(i));
  }
  advance(std::chrono::seconds(50));
  EXPECT_EQ(fired, 50);
  advance(std::chrono::hours(1));
  EXPECT_EQ(fired, 100);
}

TEST_F(TimerTest, nothing_armed_means_nothing_to_wait_for) {
  EXPECT_LT(wheel_.next_wait(), Duration::zero());
}

}  // namespace
}  // namespace gnomon::net
