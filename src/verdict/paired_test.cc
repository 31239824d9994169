#include "verdict/paired.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

struct Case {
  uint64_t b;
  uint64_t c;
  double expected;
};

TEST(Paired, gives_the_worked_values) {
  constexpr Case kCases[] = {
      {0, 0, 1},
      {1, 0, 1.5},
      {5, 0, 10.5},
      {6, 0, 18.14285714},
      {7, 0, 31.875},
      {0, 5, 0.1666666667},
      {10, 2, 9.440559441},
      {12, 3, 8.906456044},
      {15, 5, 6.355521156},
      {20, 8, 5.884463374},
      {30, 15, 4.378343276},
      {40, 20, 8.973250647},
      {60, 40, 1.784059032},
      {100, 70, 2.667254562},
      {120, 80, 9.683958119},
      {100, 100, 0.08829207932},
      {1000, 900, 0.7899327825},
  };
  for (const Case& each : kCases) {
    EXPECT_NEAR(std::exp(log_e_paired(each.b, each.c)), each.expected, 1e-6)
        << each.b << ' ' << each.c;
  }
}

TEST(Paired, gives_the_worked_values_of_the_mixture) {
  constexpr Case kCases[] = {
      {7, 0, 2.267192349},        {8, 0, 2.785426445},    {10, 2, 1.406974447},
      {40, 20, 1.889889381},      {120, 80, 2.433334002}, {1000, 900, 1.318965416},
      {5000, 4800, 0.5930001392},
  };
  for (const Case& each : kCases) {
    EXPECT_NEAR(log_e_paired_mixed(each.b, each.c), each.expected, 1e-6) << each.b << ' ' << each.c;
  }
}

TEST(Paired, starts_at_one) {
  EXPECT_NEAR(log_e_paired(0, 0), 0, 1e-12);
  EXPECT_NEAR(log_e_paired_mixed(0, 0), 0, 1e-12);
}

TEST(Paired, has_the_closed_form_where_only_one_side_lost) {
  for (const uint64_t b : {1u, 20u, 300u, 900u}) {
    const auto n = static_cast<double>(b);
    const double expected =
        (n + 1) * std::log(2) + std::log1p(-std::exp2(-n - 1)) - std::log(n + 1);
    EXPECT_NEAR(log_e_paired(b, 0), expected, 1e-9) << b;
    EXPECT_NEAR(log_e_paired(0, b), -std::log(n + 1), 1e-9) << b;
  }
}

// A fair bet: whatever came before, the next discordant pair leaves the mean of E where it was.
void expect_fair(double (*log_e)(uint64_t, uint64_t), uint64_t b, uint64_t c, double slack) {
  const double now = log_e(b, c);
  const double mean =
      std::log(0.5 * std::exp(log_e(b + 1, c) - now) + 0.5 * std::exp(log_e(b, c + 1) - now));
  EXPECT_NEAR(mean, 0, slack) << b << ' ' << c;
}

TEST(Paired, is_a_fair_bet_everywhere) {
  for (uint64_t b = 0; b < 60; ++b) {
    for (uint64_t c = 0; c < 60; ++c) {
      expect_fair(log_e_paired, b, c, 1e-10);
      expect_fair(log_e_paired_mixed, b, c, 1e-10);
    }
  }
  Rng rng(11);
  for (int i = 0; i < 3000; ++i) {
    const uint64_t size = uint64_t{1} << (6 + rng.below(14));
    const uint64_t c = rng.below(static_cast<uint32_t>(size));
    // Not so lopsided that the cap is reached.
    const uint64_t b = rng.below(static_cast<uint32_t>(std::min<uint64_t>(size, c + 300)));
    expect_fair(log_e_paired, b, c, 1e-8);
    expect_fair(log_e_paired_mixed, b, c, 1e-8);
  }
}

TEST(Paired, is_never_above_its_bound) {
  Rng rng(12);
  for (int i = 0; i < 5000; ++i) {
    const uint64_t b = rng.below(1u << (1 + rng.below(18)));
    const uint64_t c = rng.below(1u << (1 + rng.below(18)));
    const double bound = log_e_paired_bound(b, c);
    EXPECT_LE(log_e_paired(b, c), bound + 1e-9) << b << ' ' << c;
    EXPECT_LE(log_e_paired_mixed(b, c), bound + 1e-9) << b << ' ' << c;
  }
}

TEST(Paired, stays_finite_and_smooth_for_huge_counts) {
  for (const uint64_t n : {uint64_t{1'000'000}, uint64_t{10'000'000}, uint64_t{100'000'000},
                           uint64_t{10'000'000'000}, uint64_t{1'000'000'000'000}}) {
    const auto root = static_cast<uint64_t>(std::sqrt(static_cast<double>(n)));
    double before = -1e9;
    for (const uint64_t more : {uint64_t{0}, root, 2 * root, 4 * root, 8 * root}) {
      const double log_e = log_e_paired(n / 2 + more, n / 2);
      EXPECT_TRUE(std::isfinite(log_e));
      EXPECT_GT(log_e, before) << n << ' ' << more;
      EXPECT_LE(log_e, log_e_paired_bound(n / 2 + more, n / 2) + 1e-3);
      before = log_e;
    }
  }
  EXPECT_EQ(log_e_paired(uint64_t{1} << 62, 0), 700);
  EXPECT_GT(log_e_paired(0, uint64_t{1} << 62), -700);
}

}  // namespace
}  // namespace gnomon::verdict
