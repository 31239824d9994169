#include "verdict/proportion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

struct Case {
  uint64_t k;
  uint64_t n;
  double p;
  double expected;
};

TEST(Proportion, gives_the_worked_values_above) {
  constexpr Case kCases[] = {
      {0, 1000, 0.001, -4.856122464},  {1, 1000, 0.001, -4.257261211},
      {5, 1000, 0.001, 0.3859475098},  {6, 1000, 0.001, 2.096479827},
      {7, 1000, 0.001, 3.973997013},   {10, 1000, 0.001, 10.40289559},
      {25, 10000, 0.001, 3.106206545}, {130, 10000, 0.01, -0.6144287527},
      {150, 10000, 0.01, 6.180881296}, {100, 10000, 0.01, -5.445617783},
  };
  for (const Case& each : kCases) {
    EXPECT_NEAR(log_e_rate_above(each.k, each.n, each.p), each.expected, 1e-6) << each.k;
  }
}

TEST(Proportion, gives_the_worked_values_below) {
  constexpr Case kCases[] = {
      {0, 1000, 0.001, 0.7084677796},  {0, 3786, 0.001, 2.995325589},
      {0, 3787, 0.001, 2.996200651},   {1, 6654, 0.001, 2.995449421},
      {1, 6655, 0.001, 2.996228258},   {0, 5000, 0.001, 4.075246796},
      {10, 10000, 0.005, 22.2506836},  {30, 10000, 0.005, 2.961674393},
      {5, 10000, 0.001, 0.5551988607},
  };
  for (const Case& each : kCases) {
    EXPECT_NEAR(log_e_rate_below(each.k, each.n, each.p), each.expected, 1e-6) << each.k;
  }
}

// The first n at which k mismatches still prove the rate to be below p1.
uint64_t cost(uint64_t k, double p1, double beta) {
  uint64_t n = k;
  uint64_t step = uint64_t{1} << 20;
  while (step > 0) {
    if (log_e_rate_below(k, n + step, p1) < -std::log(beta)) n += step;
    step /= 2;
  }
  return n + 1;
}

TEST(Proportion, costs_what_the_documentation_says) {
  EXPECT_EQ(cost(0, 0.05, 0.05), 74u);
  EXPECT_EQ(cost(0, 0.01, 0.05), 377u);
  EXPECT_EQ(cost(1, 0.01, 0.05), 663u);
  EXPECT_EQ(cost(2, 0.01, 0.05), 883u);
  EXPECT_EQ(cost(0, 0.005, 0.05), 756u);
  EXPECT_EQ(cost(1, 0.005, 0.05), 1329u);
  EXPECT_EQ(cost(2, 0.005, 0.05), 1769u);
  EXPECT_EQ(cost(0, 0.001, 0.05), 3787u);
  EXPECT_EQ(cost(1, 0.001, 0.05), 6655u);
  EXPECT_EQ(cost(2, 0.001, 0.05), 8859u);
  EXPECT_EQ(cost(0, 0.0001, 0.05), 37'883u);
  EXPECT_EQ(cost(0, 0.005, 0.01), 1115u);
  EXPECT_EQ(cost(0, 0.001, 0.01), 5585u);
}

// At the boundary the next request leaves the mean where it was; on the right side of it, lower.
TEST(Proportion, is_a_fair_bet_at_the_boundary) {
  Rng rng(21);
  for (int i = 0; i < 4000; ++i) {
    const uint64_t n = rng.below(1u << (1 + rng.below(17)));
    const uint64_t k = std::min<uint64_t>(n, rng.below(1u << rng.below(8)));
    const double p = 1.0 / (2 + rng.below(2000));
    const auto fair = [&](auto log_e, double rate) {
      const double now = log_e(k, n);
      return rate * std::exp(log_e(k + 1, n + 1) - now) +
             (1 - rate) * std::exp(log_e(k, n + 1) - now);
    };
    const auto above = [p](uint64_t hits, uint64_t all) { return log_e_rate_above(hits, all, p); };
    const auto below = [p](uint64_t hits, uint64_t all) { return log_e_rate_below(hits, all, p); };
    if (std::fabs(above(k, n)) < 600) {
      EXPECT_NEAR(fair(above, p), 1, 1e-7) << k << ' ' << n << ' ' << p;
      EXPECT_LE(fair(above, p / 2), 1 + 1e-7) << k << ' ' << n << ' ' << p;
    }
    if (std::fabs(below(k, n)) < 600) {
      EXPECT_NEAR(fair(below, p), 1, 1e-7) << k << ' ' << n << ' ' << p;
      EXPECT_LE(fair(below, (1 + p) / 2), 1 + 1e-7) << k << ' ' << n << ' ' << p;
    }
    EXPECT_LE(above(k, n), log_e_rate_above_bound(k, n, p) + 1e-9) << k << ' ' << n << ' ' << p;
  }
}

TEST(Proportion, stays_finite_far_in_the_tail) {
  EXPECT_NEAR(log_e_rate_below(0, 1'000'000'000, 0.005), 700, 1e-9);
  EXPECT_NEAR(log_e_rate_above(1'000'000, 1'000'000, 0.001), 700, 1e-9);
  EXPECT_TRUE(std::isfinite(log_e_rate_above(0, uint64_t{1} << 62, 0.001)));
  EXPECT_TRUE(std::isfinite(log_e_rate_below(uint64_t{1} << 40, uint64_t{1} << 41, 0.001)));
}

}  // namespace
}  // namespace gnomon::verdict
