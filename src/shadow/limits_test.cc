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

TEST(ClientQuota, of_a_thousand_copies_one_client_has_its_share) {
  ClientQuota quota;
  const auto begin = [&](uint64_t client) {
    const bool room = quota.has_room(client, 200);
    if (room) quota.count(client);
    return room;
  };
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(begin(7)) << i;
  for (int i = 0; i < 1'000; ++i) ASSERT_FALSE(begin(7)) << i;
  for (uint64_t client = 0; client < 4; ++client) {
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(begin(100 + client));
  }
  // The thousand is full.
  EXPECT_TRUE(begin(7));
}

TEST(ClientQuota, one_client_among_many_has_no_more_over_any_time) {
  ClientQuota quota;
  uint64_t busy = 0;
  uint64_t others = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    const bool is_busy = i % 10 != 0;
    const uint64_t client = is_busy ? 7 : 1'000 + i;
    if (!quota.has_room(client, 200)) continue;
    quota.count(client);
    ++(is_busy ? busy : others);
  }
  EXPECT_EQ(others, 10'000u);
  EXPECT_NEAR(static_cast<double>(busy), 2'500, 200);
}

TEST(ClientQuota, threads_together_keep_to_it_but_for_one_each) {
  ClientQuota quota;
  std::atomic<int> begun{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) {
        if (!quota.has_room(7, 100)) continue;
        quota.count(7);
        ++begun;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(begun.load(), 100);
  EXPECT_LE(begun.load(), 103);
}

}  // namespace
}  // namespace gnomon::shadow
