#include "verdict/interval.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gnomon::verdict {
namespace {

TEST(Interval, gives_the_worked_values_of_a_rate) {
  struct Case {
    uint64_t k;
    uint64_t n;
    double alpha;
    double t_opt;
    double low;
    double high;
  };
  constexpr Case kCases[] = {
      {700, 1000, 0.05, 100, 0.65163, 0.74595},    {0, 1000, 0.05, 1000, 0.0, 0.004122},
      {0, 10000, 0.05, 1000, 0.0, 0.000317},       {5, 1000, 0.05, 1000, 0.000628, 0.014677},
      {10, 10000, 0.05, 1000, 0.000232, 0.002371}, {100, 10000, 0.05, 1000, 0.007046, 0.013542},
  };
  for (const Case& each : kCases) {
    const Interval found = rate_interval(each.k, each.n, each.alpha, each.t_opt);
    EXPECT_NEAR(found.low, each.low, 1e-5) << each.k << '/' << each.n;
    EXPECT_NEAR(found.high, each.high, 1e-5) << each.k << '/' << each.n;
  }
}

TEST(Interval, of_nothing_is_everything) {
  EXPECT_EQ(rate_interval(0, 0, 0.05).low, 0);
  EXPECT_EQ(rate_interval(0, 0, 0.05).high, 1);
  EXPECT_EQ(rate_interval(1, 1, 0.05).high, 1);
  EXPECT_EQ(quantile_ranks(0.5, 0, 0.05).low, 0u);
  EXPECT_FALSE(quantile_ranks(0.5, 0, 0.05).high.has_value());
}

TEST(Interval, gives_the_worked_ranks_of_quantiles) {
  struct Case {
    double p;
    uint64_t n;
    uint64_t low;
    uint64_t high;  // 0: none
  };
  constexpr Case kCases[] = {
      {0.5, 1000, 447, 554},       {0.5, 5000, 2393, 2608},      {0.5, 10000, 4847, 5154},
      {0.5, 50000, 24638, 25363},  {0.9, 1000, 867, 931},        {0.9, 5000, 4435, 4563},
      {0.9, 10000, 8907, 9091},    {0.9, 50000, 44781, 45216},   {0.95, 1000, 926, 972},
      {0.95, 5000, 4702, 4796},    {0.95, 10000, 9432, 9565},    {0.95, 50000, 47340, 47657},
      {0.99, 1000, 978, 999},      {0.99, 5000, 4927, 4970},     {0.99, 10000, 9868, 9929},
      {0.99, 50000, 49426, 49571}, {0.999, 1000, 995, 0},        {0.999, 5000, 4987, 5000},
      {0.999, 10000, 9979, 9998},  {0.999, 50000, 49925, 49971},
  };
  for (const Case& each : kCases) {
    const Ranks found = quantile_ranks(each.p, each.n, 0.05);
    EXPECT_EQ(found.low, each.low) << each.p << ' ' << each.n;
    EXPECT_EQ(found.high.value_or(0), each.high) << each.p << ' ' << each.n;
  }
}

}  // namespace
}  // namespace gnomon::verdict
