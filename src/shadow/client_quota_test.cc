#include "shadow/client_quota.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace gnomon::shadow {
namespace {

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
