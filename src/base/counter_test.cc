#include "base/counter.h"

#include <gtest/gtest.h>

#include <thread>

namespace gnomon {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Counter, counts) {
  Counter counter;
  EXPECT_EQ(counter.value(), 0u);
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42u);
}

TEST(Gauge, goes_up_and_down_and_below_zero) {
  Gauge gauge;
  gauge.add(3);
  gauge.add(-5);
  EXPECT_EQ(gauge.value(), -2);
  gauge.set(7);
  EXPECT_EQ(gauge.value(), 7);
}

TEST(Counter, a_reader_on_another_thread_never_sees_it_go_back) {
  constexpr uint64_t kCount = 100'000;
  Counter counter;
  std::thread reader([&counter] {
    for (uint64_t last = 0; last < kCount;) {
      const uint64_t now = counter.value();
      ASSERT_GE(now, last);
      last = now;
    }
  });
  for (uint64_t i = 0; i < kCount; ++i) counter.add();
  reader.join();
}

size_t bucket_of(Duration d) {
  DurationHistogram histogram;
  histogram.record(d);
  for (size_t i = 0; i <= DurationHistogram::kBounds.size(); ++i) {
    if (histogram.bucket(i) == 1) return i;
  }
  return SIZE_MAX;
}

TEST(DurationHistogram, a_bound_belongs_to_its_own_bucket) {
  EXPECT_EQ(bucket_of(Duration::zero()), 0u);
  EXPECT_EQ(bucket_of(microseconds(500)), 0u);
  EXPECT_EQ(bucket_of(microseconds(501)), 1u);
  EXPECT_EQ(bucket_of(milliseconds(1)), 1u);
  EXPECT_EQ(bucket_of(milliseconds(100)), 7u);
  EXPECT_EQ(bucket_of(seconds(10)), DurationHistogram::kBounds.size() - 1);
}

TEST(DurationHistogram, what_is_above_all_bounds_has_a_bucket_too) {
  EXPECT_EQ(bucket_of(seconds(10) + Duration(1)), DurationHistogram::kBounds.size());
  EXPECT_EQ(bucket_of(std::chrono::hours(24)), DurationHistogram::kBounds.size());
}

TEST(DurationHistogram, sums_durations_and_takes_a_negative_one_for_zero) {
  DurationHistogram histogram;
  histogram.record(milliseconds(1500));
  histogram.record(milliseconds(500));
  histogram.record(milliseconds(-500));
  EXPECT_DOUBLE_EQ(histogram.sum_seconds(), 2.0);
  EXPECT_EQ(histogram.bucket(0), 1u);
}

}  // namespace
}  // namespace gnomon
