#include "shadow/limits.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace gnomon::shadow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Budget, takes_up_to_its_limit_and_refuses_beyond_without_keeping_any) {
  Budget budget;
  EXPECT_TRUE(budget.take(60, 100));
  EXPECT_FALSE(budget.take(41, 100));
  EXPECT_TRUE(budget.take(40, 100));
  EXPECT_EQ(budget.used(), 100u);
  budget.give_back(100);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(Budget, threads_together_never_hold_more_than_the_limit) {
  Budget budget;
  constexpr uint64_t kLimit = 10;
  std::atomic<int> held{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        if (!budget.take(1, kLimit)) continue;
        const int now = ++held;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --held;
        budget.give_back(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), static_cast<int>(kLimit));
  EXPECT_EQ(budget.used(), 0u);
}

TEST(RateLimit, no_rate_means_no_limit) {
  RateLimit limit;
  const TimePoint now{seconds(100)};
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(limit.take(now, 0));
}

TEST(RateLimit, over_a_second_grants_the_rate_and_a_burst) {
  RateLimit limit;
  TimePoint now{seconds(100)};
  int granted = 0;
  for (int ms = 0; ms < 1'000; ++ms, now += milliseconds(1)) {
    for (int i = 0; i < 3; ++i) granted += limit.take(now, 500);
  }
  EXPECT_GE(granted, 500);
  EXPECT_LE(granted, 550);  // a tenth of a second ahead
}

TEST(RateLimit, a_slow_rate_still_grants_its_first) {
  RateLimit limit;
  TimePoint now{seconds(100)};
  EXPECT_TRUE(limit.take(now, 0.5));
  EXPECT_FALSE(limit.take(now + seconds(1), 0.5));
  EXPECT_TRUE(limit.take(now + seconds(2), 0.5));
}

}  // namespace
}  // namespace gnomon::shadow
