#include "base/token_bucket.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace gnomon {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

int take_all(TokenBucket& bucket, TimePoint now) {
  int taken = 0;
  while (bucket.take(now)) ++taken;
  return taken;
}

TEST(TokenBucket, is_full_at_first_and_then_empty) {
  ManualClock clock;
  TokenBucket bucket({.max_tokens = 3, .tokens_per_fill = 1, .fill_interval = seconds(1)});
  EXPECT_EQ(bucket.left(clock.now()), 3U);
  EXPECT_EQ(take_all(bucket, clock.now()), 3);
  EXPECT_EQ(bucket.left(clock.now()), 0U);
  EXPECT_EQ(bucket.until_next(clock.now()), seconds(1));
}

TEST(TokenBucket, fills_at_its_rate) {
  ManualClock clock;
  TokenBucket bucket({.max_tokens = 10, .tokens_per_fill = 4, .fill_interval = seconds(1)});
  take_all(bucket, clock.now());
  clock.advance(milliseconds(249));
  EXPECT_FALSE(bucket.take(clock.now()));
  clock.advance(milliseconds(1));
  EXPECT_TRUE(bucket.take(clock.now()));
  clock.advance(seconds(1));
  EXPECT_EQ(take_all(bucket, clock.now()), 4);
}

TEST(TokenBucket, saves_no_more_than_it_holds) {
  ManualClock clock;
  TokenBucket bucket({.max_tokens = 2, .tokens_per_fill = 100, .fill_interval = seconds(1)});
  take_all(bucket, clock.now());
  clock.advance(hours(1));
  EXPECT_EQ(bucket.left(clock.now()), 2U);
  EXPECT_EQ(take_all(bucket, clock.now()), 2);
}

TEST(TokenBucket, of_no_tokens_gives_none) {
  ManualClock clock;
  TokenBucket bucket({.max_tokens = 0, .tokens_per_fill = 1, .fill_interval = milliseconds(50)});
  clock.advance(hours(1));
  EXPECT_FALSE(bucket.take(clock.now()));
}

TEST(TokenBucket, extreme_settings_do_not_overflow) {
  ManualClock clock;
  TokenBucket slow(
      {.max_tokens = UINT32_MAX, .tokens_per_fill = 1, .fill_interval = hours(100'000)});
  EXPECT_EQ(slow.left(clock.now()) > 0, true);
  EXPECT_TRUE(slow.take(clock.now()));
  TokenBucket fast(
      {.max_tokens = 5, .tokens_per_fill = UINT32_MAX, .fill_interval = milliseconds(50)});
  EXPECT_EQ(take_all(fast, clock.now()), 5);
  clock.advance(milliseconds(1));
  EXPECT_EQ(take_all(fast, clock.now()), 5);
}

TEST(TokenBucket, threads_together_get_what_there_is) {
  const ManualClock clock;
  TokenBucket bucket({.max_tokens = 1000, .tokens_per_fill = 1, .fill_interval = hours(1)});
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { taken += take_all(bucket, clock.now()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1000);
}

}  // namespace
}  // namespace gnomon
