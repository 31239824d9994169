#include "trial/compare_pool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

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

TEST(ComparePool, refuses_what_finds_no_room_and_gives_its_bytes_back) {
  Gate gate;
  ComparePool pool({.threads = 1, .queue = 10}, gate);
  const auto plan = make_plan();
  auto limits = std::make_shared<shadow::ShadowLimits>();
  const auto charged = [&] {
    auto trio = make_trio(plan, "/", "{}", "{}");
    trio->limits = limits;
    trio->charged = 100;
    limits->bytes.take(100, 1'000'000);
    return trio;
  };
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

}  // namespace
}  // namespace gnomon::trial
