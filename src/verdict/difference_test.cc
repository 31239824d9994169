#include "verdict/difference.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "verdict/proportion.h"

namespace gnomon::verdict {
namespace {

struct Case {
  Signs signs;
  double delta;
  double expected;
};

TEST(Difference, gives_the_worked_values_of_a_rise) {
  constexpr Case kCases[] = {
      {{10, 990, 0}, 0, 4.088507252},       {{10, 985, 5}, 0, 0.2157211183},
      {{40, 9940, 20}, 0, 1.653420398},     {{40, 9940, 20}, 0.001, 0.1613243422},
      {{60, 9920, 20}, 0.001, 3.755475814},
  };
  for (const Case& each : kCases) {
    EXPECT_NEAR(log_e_rise(each.signs, each.delta), each.expected, 1e-6);
  }
}

TEST(Difference, gives_the_worked_values_of_no_rise) {
  constexpr Case kCases[] = {
      {{0, 1000, 0}, 0.005, 2.316785095}, {{2, 1996, 2}, 0.005, 3.140561447},
      {{5, 4990, 5}, 0.005, 11.47261943}, {{20, 9960, 20}, 0.005, 18.37128143},
      {{0, 5000, 0}, 0.001, 2.308102894},
  };
  for (const Case& each : kCases) {
    EXPECT_NEAR(log_e_no_rise(each.signs, each.delta), each.expected, 1e-6);
  }
}

// The mean of the next E over E now, when the next request is +1 or -1 with these chances.
template <typename LogE>
double next_mean(const LogE& log_e, const Signs& at, double plus, double minus) {
  const double now = log_e(at);
  return plus * std::exp(log_e({at.plus + 1, at.zero, at.minus}) - now) +
         minus * std::exp(log_e({at.plus, at.zero, at.minus + 1}) - now) +
         (1 - plus - minus) * std::exp(log_e({at.plus, at.zero + 1, at.minus}) - now);
}

TEST(Difference, never_gains_on_the_average_under_its_null) {
  Rng rng(31);
  for (int i = 0; i < 2000; ++i) {
    const Signs at{rng.below(40), rng.below(5000), rng.below(40)};
    const double delta = rng.below(20) * 0.0005;
    const double minus = rng.below(100) * 0.001;
    const auto rise = [delta](const Signs& s) { return log_e_rise(s, delta); };
    if (std::fabs(rise(at)) < 600) {
      EXPECT_NEAR(next_mean(rise, at, minus + delta, minus), 1, 1e-9);
      EXPECT_LE(next_mean(rise, at, minus, minus), 1 + 1e-9);
    }
    if (delta == 0) continue;
    const auto none = [delta](const Signs& s) { return log_e_no_rise(s, delta); };
    const auto contained = [delta](const Signs& s) { return log_e_contained(s, delta); };
    if (std::fabs(none(at)) < 600 && std::fabs(contained(at)) < 600) {
      EXPECT_NEAR(next_mean(none, at, minus + delta, minus), 1, 1e-9);
      EXPECT_LE(next_mean(contained, at, minus + delta, minus), 1 + 1e-9);
      EXPECT_LE(next_mean(contained, at, minus + delta + 0.01, minus), 1 + 1e-9);
    }
  }
}

TEST(Difference, proves_containment_of_clean_traffic_with_a_sixth_more_than_a_plain_rate) {
  const auto cost = [](auto log_e) {
    uint64_t n = 0;
    while (log_e(n) < std::log(20)) n += 10;
    return n;
  };
  const uint64_t plain = cost([](uint64_t n) { return log_e_rate_below(0, n, 0.001); });
  const uint64_t both = cost([](uint64_t n) { return log_e_contained({0, n, 0}, 0.001); });
  const uint64_t bets = cost([](uint64_t n) { return log_e_no_rise({0, n, 0}, 0.001); });
  EXPECT_EQ(plain, 3790u);
  EXPECT_EQ(both, 4380u);
  EXPECT_EQ(bets, 5830u);
}

}  // namespace
}  // namespace gnomon::verdict
