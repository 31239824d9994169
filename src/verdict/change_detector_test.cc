#include "verdict/change_detector.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

TEST(ChangeDetector, gives_the_worked_values) {
  ChangeDetector detector;
  for (const double expected : {1.5, 3.75, 7.125, 12.1875, 19.78125, 31.171875, 48.2578125}) {
    detector.add(true);
    EXPECT_NEAR(std::exp(detector.log_m()), expected, 1e-6);
  }
  EXPECT_TRUE(detector.alarm(0.05));
  EXPECT_FALSE(detector.alarm(0.01));
}

TEST(ChangeDetector, alarms_falsely_no_more_often_than_promised) {
  Rng rng(41);
  constexpr int kRuns = 300;
  double pairs = 0;
  for (int run = 0; run < kRuns; ++run) {
    ChangeDetector detector;
    while (!detector.alarm(0.01)) {
      detector.add(rng.below(2) == 0);
      ++pairs;
    }
  }
  EXPECT_GE(pairs / kRuns, 100);
}

TEST(ChangeDetector, forgets_a_good_past) {
  ChangeDetector detector;
  for (int i = 0; i < 100'000; ++i) detector.add(i % 2 == 0);
  int pairs = 0;
  for (; !detector.alarm(0.01); ++pairs) detector.add(true);
  EXPECT_LE(pairs, 12);
}

}  // namespace
}  // namespace gnomon::verdict
