#include "verdict/log_beta.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gnomon::verdict {
namespace {

TEST(LogBeta, agrees_with_closed_forms) {
  // B(1, b) = 1/b, B(2, b) = 1/(b (b + 1)).
  for (const double b : {0.5, 3.0, 9.99, 10.0, 11.5, 1e3, 1e9, 1e15}) {
    EXPECT_NEAR(log_beta(1, b), -std::log(b), 1e-11) << b;
    EXPECT_NEAR(log_beta(b, 2), -std::log(b) - std::log(b + 1), 1e-11) << b;
  }
  EXPECT_NEAR(log_beta(0.5, 0.5), std::log(std::acos(-1.0)), 1e-12);
}

TEST(LogBeta, has_no_step_where_the_method_changes) {
  for (const double a : {0.5, 9.9999999, 10.0000001, 400.0}) {
    EXPECT_NEAR(log_beta(a, 9.9999999), log_beta(a, 10.0000001), 2e-6) << a;
    // B(a, b) = B(a + 1, b) + B(a, b + 1)
    for (const double b : {0.5, 9.5, 10.5, 5000.0}) {
      EXPECT_NEAR(log_add(log_beta(a + 1, b), log_beta(a, b + 1)), log_beta(a, b), 1e-10);
    }
  }
}

TEST(LogBeta, parts_add_up_to_the_whole) {
  for (const double x : {1e-6, 0.001, 0.3, 0.5, 0.9}) {
    for (const double a : {0.5, 1.0, 7.5, 1000.5, 3e5}) {
      for (const double b : {0.5, 2.0, 50.5, 1e4, 2e6}) {
        EXPECT_NEAR(log_add(log_beta_below(x, a, b), log_beta_above(x, a, b)), log_beta(a, b), 1e-9)
            << x << ' ' << a << ' ' << b;
      }
    }
  }
}

TEST(LogBeta, reaches_far_into_the_tail) {
  // The integral from x to 1 of (1-t)^(b-1) is (1-x)^b / b.
  EXPECT_NEAR(log_beta_above(0.5, 1, 1e6), 1e6 * std::log(0.5) - std::log(1e6), 1e-6);
  EXPECT_NEAR(log_beta_below(0.001, 1e4, 1), 1e4 * std::log(0.001) - std::log(1e4), 1e-6);
}

TEST(LogBeta, has_no_step_where_the_fraction_gives_up) {
  // Close to the mean the two halves are nearly equal, for any size.
  for (const double n : {1e6, 1e8, 1e10, 1e14}) {
    const double half = std::log(0.5) + log_beta(n, n);
    EXPECT_NEAR(log_beta_above(0.5, n, n), half, 1e-4) << n;
    // One standard deviation above the mean: 0.1587 is left.
    const double sigma = 0.5 / std::sqrt(2 * n);
    const double one = std::log(0.158655254) + log_beta(n, n);
    EXPECT_NEAR(log_beta_above(0.5 + sigma, n, n), one, 1e-3) << n;
  }
}

}  // namespace
}  // namespace gnomon::verdict
