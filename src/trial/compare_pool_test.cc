#include "trial/compare_pool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <semaphore>

#include "shadow/trio_shelf.h"
#include "trial/testing.h"

namespace gnomon::trial {
namespace {

using testing::make_plan;
using testing::make_trio;

// Judges nothing until it is let.
class Gate final : public TrioJudge {
 public:
  void on_trio(const shadow::Trio& /*trio*/, compare::Comparer& /*comparer*/) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    ++done_;
  }
  void wait_begun() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return begun_ > 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  size_t done() {
    const std::lock_guard lock(mutex_);
    return done_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t begun_ = 0;
  size_t done_ = 0;
  bool open_ = false;
};

TEST(ComparePool, judges_everything_it_took) {
  Gate gate;
  gate.open();
  ComparePool pool({.threads = 3, .queue = 1000}, gate);
  const auto plan = make_plan();
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.take(make_trio(plan, "/", "{}", "{}")));
  EXPECT_EQ(pool.drain(std::chrono::seconds(60)), 0u);
  EXPECT_EQ(gate.done(), 500u);
}

std::unique_ptr<shadow::Trio> charged_trio(const std::shared_ptr<shadow::ShadowLimits>& limits,
                                           uint64_t bytes) {
  auto trio = make_trio(make_plan(), "/", "{}", "{}");
  trio->limits = limits;
  trio->charged = bytes;
  limits->bytes.take(bytes, UINT64_MAX);
  return trio;
}

TEST(ComparePool, refuses_what_finds_no_room_and_gives_its_bytes_back) {
  Gate gate;
  ComparePool pool({.threads = 1, .queue = 10}, gate);
  auto limits = std::make_shared<shadow::ShadowLimits>();
  const auto charged = [&] { return charged_trio(limits, 100); };
  ASSERT_TRUE(pool.take(charged()));
  gate.wait_begun();
  size_t taken = 1;
  while (pool.take(charged())) ++taken;
  EXPECT_EQ(taken, 11u);
  EXPECT_EQ(limits->bytes.used(), taken * 100);
  gate.open();
  EXPECT_EQ(pool.drain(std::chrono::seconds(60)), 0u);
  EXPECT_EQ(limits->bytes.used(), 0u);
}

// Stops before the last one that it is to judge.
class Stop final : public TrioJudge {
 public:
  explicit Stop(size_t before) : left_(before) {}
  void on_trio(const shadow::Trio& /*trio*/, compare::Comparer& /*comparer*/) override {
    if (left_-- > 0) return;
    reached_.release();
    go_on_.acquire();
  }
  void wait_reached() { reached_.acquire(); }
  void go_on() { go_on_.release(); }

 private:
  size_t left_;
  std::binary_semaphore reached_{0};
  std::binary_semaphore go_on_{0};
};

// They go back in batches, and a few wait for that; a large one never does.
TEST(ComparePool, keeps_few_and_small_ones_when_they_are_judged) {
  constexpr uint64_t kLarge = shadow::TrioShelf::kKeptBytes + 1;
  for (const uint64_t bytes : {uint64_t{100}, kLarge}) {
    Stop stop(100);
    ComparePool pool({.threads = 1, .queue = 1000}, stop);
    auto limits = std::make_shared<shadow::ShadowLimits>();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.take(charged_trio(limits, bytes)));
    ASSERT_TRUE(pool.take(charged_trio(limits, 1)));
    stop.wait_reached();
    EXPECT_LE(limits->bytes.used(), bytes == kLarge ? 1 : 16 * bytes) << bytes;
    EXPECT_GE(pool.waiting(), 1u);
    stop.go_on();
    EXPECT_EQ(pool.drain(std::chrono::seconds(60)), 0u);
    EXPECT_EQ(limits->bytes.used(), 0u);
  }
}

// Before it waits for more.
TEST(ComparePool, keeps_none_when_nothing_more_is_there) {
  Gate gate;
  gate.open();
  ComparePool pool({.threads = 1, .queue = 10}, gate);
  auto limits = std::make_shared<shadow::ShadowLimits>();
  ASSERT_TRUE(pool.take(charged_trio(limits, 100)));
  EXPECT_EQ(pool.drain(std::chrono::seconds(60)), 0u);
  EXPECT_EQ(limits->bytes.used(), 0u);
}

}  // namespace
}  // namespace gnomon::trial
