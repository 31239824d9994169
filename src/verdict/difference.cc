#include "verdict/difference.h"

#include <array>
#include <limits>
#include <numbers>

#include "verdict/evidence.h"
#include "verdict/log_beta.h"
#include "verdict/proportion.h"

namespace gnomon::verdict {
namespace {

constexpr int kBets = 24;

// Stakes from a thousandth of the largest to nearly all of it, evenly in their logarithm.
std::array<double, kBets> make_grid() noexcept {
  std::array<double, kBets> grid{};
  for (int j = 0; j < kBets; ++j) {
    grid[j] = 0.999 * std::exp(std::log(1e-3) * (1 - static_cast<double>(j) / (kBets - 1)));
  }
  return grid;
}

// What one request does to a bet: factors 1 + lambda * gain.
double log_mixture(const Signs& signs, double most, double plus, double zero, double minus) {
  static const std::array<double, kBets> grid = make_grid();
  double sum = -std::numeric_limits<double>::infinity();
  for (const double share : grid) {
    const double stake = most * share;
    sum = log_add(sum, static_cast<double>(signs.plus) * std::log1p(stake * plus) +
                           static_cast<double>(signs.zero) * std::log1p(stake * zero) +
                           static_cast<double>(signs.minus) * std::log1p(stake * minus));
  }
  return sum - std::log(static_cast<double>(kBets));
}

}  // namespace

double log_e_rise(const Signs& signs, double delta0) noexcept {
  const double most = 1 / (1 + delta0);
  return capped(log_mixture(signs, most, 1 - delta0, -delta0, -1 - delta0));
}

double log_e_no_rise(const Signs& signs, double delta1) noexcept {
  const double most = 1 / (1 - delta1);
  return capped(log_mixture(signs, most, delta1 - 1, delta1, 1 + delta1));
}

double log_e_contained(const Signs& signs, double delta1) noexcept {
  const uint64_t n = signs.plus + signs.zero + signs.minus;
  return capped(log_add(log_e_no_rise(signs, delta1), log_e_rate_below(signs.plus, n, delta1)) -
                std::numbers::ln2);
}

}  // namespace gnomon::verdict
