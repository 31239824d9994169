#include "verdict/interval.h"

#include <cmath>

#include "verdict/log_beta.h"

namespace gnomon::verdict {
namespace {

constexpr double kTunedAlpha = 0.05;
constexpr int kHalvings = 60;

// Two-sided evidence against "the rate is p", when k of n happened; k need not be whole.
double log_two_sided(double p, double k, double n, double t_opt) noexcept {
  const double variance = p * (1 - p);
  const double wanted = -2 * std::log(kTunedAlpha);
  const double rho = t_opt * variance / (wanted + std::log1p(wanted));
  const double r = std::fmax(rho - variance, 1e-3 * variance);
  const double a = r / (1 - p);
  const double b = r / p;
  const double hits = k == 0 ? 0 : k * std::log(p);
  const double misses = k == n ? 0 : (n - k) * std::log1p(-p);
  return log_beta(a + k, b + n - k) - log_beta(a, b) - hits - misses;
}

// Where `beyond` turns from false (at `inside`) to true (at `outside`), to the side of `outside`.
template <typename Beyond>
double crossing(double inside, double outside, Beyond&& beyond) noexcept {
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (inside + outside) / 2;
    (beyond(middle) ? outside : inside) = middle;
  }
  return outside;
}

}  // namespace

Interval rate_interval(uint64_t k, uint64_t n, double alpha, double t_opt) noexcept {
  if (n == 0) return {0, 1};
  const auto hits = static_cast<double>(k);
  const auto all = static_cast<double>(n);
  const double threshold = -std::log(alpha);
  const auto beyond = [&](double p) { return log_two_sided(p, hits, all, t_opt) > threshold; };
  const double middle = hits / all;
  constexpr double kEdge = 1e-15;
  return {k == 0 ? 0 : crossing(middle, kEdge, beyond),
          k == n ? 1 : crossing(middle, 1 - kEdge, beyond)};
}

Ranks quantile_ranks(double p, uint64_t n, double alpha, double t_opt) noexcept {
  const auto all = static_cast<double>(n);
  const double threshold = -std::log(alpha);
  const auto beyond = [&](double k) { return log_two_sided(p, k, all, t_opt) > threshold; };
  Ranks ranks;
  if (n == 0) return ranks;
  if (beyond(0)) {
    const double low = crossing(p * all, 0, beyond);
    ranks.low = static_cast<uint64_t>(std::floor(low + 1));
  }
  if (beyond(all)) {
    const double high = crossing(p * all, all, beyond);
    if (high < all) ranks.high = static_cast<uint64_t>(std::ceil(high));
  }
  return ranks;
}

}  // namespace gnomon::verdict
