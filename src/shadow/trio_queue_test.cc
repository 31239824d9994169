#include "shadow/trio_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace gnomon::shadow {
namespace {

std::unique_ptr<Trio> numbered(uint64_t number) {
  auto trio = std::make_unique<Trio>();
  trio->answers[0].body.length = number;
  return trio;
}
uint64_t number_of(const Trio& trio) { return trio.answers[0].body.length; }

TEST(TrioQueue, gives_the_oldest_first_over_many_rounds) {
  TrioQueue queue(3);
  EXPECT_EQ(queue.pop(), nullptr);
  uint64_t in = 0;
  uint64_t out = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 2; ++i) {
      auto trio = numbered(in++);
      ASSERT_TRUE(queue.push(trio));
      EXPECT_EQ(trio, nullptr);
    }
    for (int i = 0; i < 2; ++i) {
      const auto trio = queue.pop();
      ASSERT_NE(trio, nullptr);
      EXPECT_EQ(number_of(*trio), out++);
    }
    EXPECT_EQ(queue.pop(), nullptr);
  }
}

TEST(TrioQueue, refuses_what_finds_no_room_and_leaves_it_where_it_is) {
  TrioQueue queue(3);
  for (uint64_t i = 0; i < 3; ++i) {
    auto trio = numbered(i);
    ASSERT_TRUE(queue.push(trio));
  }
  auto trio = numbered(3);
  EXPECT_FALSE(queue.push(trio));
  ASSERT_NE(trio, nullptr);
  EXPECT_EQ(number_of(*queue.pop()), 0u);
  EXPECT_TRUE(queue.push(trio));
}

TEST(TrioQueue, loses_and_doubles_nothing_among_many_threads) {
  constexpr uint64_t kEach = 20'000;
  constexpr size_t kThreads = 3;
  TrioQueue queue(64);
  std::vector<std::atomic<int>> seen(kEach * kThreads);
  std::atomic<uint64_t> left{kEach * kThreads};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kEach; ++i) {
        auto trio = numbered(t * kEach + i);
        while (!queue.push(trio)) std::this_thread::yield();
      }
    });
    threads.emplace_back([&] {
      while (left.load() > 0) {
        const auto trio = queue.pop();
        if (trio == nullptr) {
          std::this_thread::yield();
          continue;
        }
        seen[number_of(*trio)].fetch_add(1);
        left.fetch_sub(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& times : seen) EXPECT_EQ(times.load(), 1);
}

}  // namespace
}  // namespace gnomon::shadow
