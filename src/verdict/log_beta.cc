#include "verdict/log_beta.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace gnomon::verdict {
namespace {

constexpr double kStirlingFrom = 10;

double log_gamma(double x) noexcept {
  int sign = 0;
  return lgamma_r(x, &sign);  // std::lgamma writes to a global
}

// What Stirling's formula for ln Gamma(x) leaves out; below 1e-12 off from kStirlingFrom on.
double stirling_rest(double x) noexcept {
  const double s = 1 / (x * x);
  return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s / 1680))) / x;
}

// The continued fraction of the incomplete beta function (DLMF 8.17.22, by Lentz's method), or NaN
// when it would take too long: close to the mean the steps needed grow with the root of a and b.
double fraction(double x, double a, double b) noexcept {
  constexpr double kTiny = 1e-300;
  constexpr double kPrecise = 1e-15;
  constexpr int kMostSteps = 10'000;
  const auto inverse = [](double v) { return 1 / (std::fabs(v) < kTiny ? kTiny : v); };
  double c = 1;
  double d = inverse(1 - (a + b) * x / (a + 1));
  double h = d;
  for (int m = 1; m <= kMostSteps; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = inverse(1 + even * d);
    c = 1 + even / (std::fabs(c) < kTiny ? kTiny : c);
    h *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = inverse(1 + odd * d);
    c = 1 + odd / (std::fabs(c) < kTiny ? kTiny : c);
    const double step = d * c;
    h *= step;
    if (std::fabs(step - 1) < kPrecise) return h;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// ln I_x(a, b) by the leading term of Temme's uniform expansion. Only used where `fraction` gives
// up, that is for counts of many millions, where the next term is below 1e-3 of this one.
double log_share_of_many(double x, double y, double a, double b) noexcept {
  const double mean = a / (a + b);
  const double rest = b / (a + b);
  const double half_square =
      -mean * std::log1p((x - mean) / mean) - rest * std::log1p((y - rest) / rest);
  const double z = std::sqrt(std::fmax(half_square, 0) * (a + b));
  return std::log(0.5 * std::erfc(x < mean ? z : -z));
}

// The integral from 0 to x, where y = 1 - x is given apart so that neither loses digits.
double log_below(double x, double y, double a, double b) noexcept {
  if (x <= 0) return -std::numeric_limits<double>::infinity();
  if (y <= 0) return log_beta(a, b);
  const bool far_side = x > (a + 1) / (a + b + 2);
  const double h = far_side ? fraction(y, b, a) : fraction(x, a, b);
  if (std::isnan(h)) return log_beta(a, b) + log_share_of_many(x, y, a, b);
  const double direct = a * std::log(x) + b * std::log(y) + std::log(h);
  if (!far_side) return direct - std::log(a);
  const double whole = log_beta(a, b);
  return whole + std::log1p(-std::fmin(std::exp(direct - std::log(b) - whole), 1));
}

}  // namespace

double log_beta(double a, double b) noexcept {
  if (a > b) return log_beta(b, a);
  if (b < kStirlingFrom) return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
  const double grown = (a + b - 0.5) * std::log1p(a / b);
  const double rests = stirling_rest(b) - stirling_rest(a + b);
  if (a < kStirlingFrom) return log_gamma(a) + a - a * std::log(b) - grown + rests;
  return a * std::log(a / b) - grown + 0.5 * std::log(2 * std::numbers::pi / a) + stirling_rest(a) +
         rests;
}

double log_beta_above(double x, double a, double b) noexcept { return log_below(1 - x, x, b, a); }

double log_beta_below(double x, double a, double b) noexcept { return log_below(x, 1 - x, a, b); }

double log_add(double a, double b) noexcept {
  const double high = std::fmax(a, b);
  const double low = std::fmin(a, b);
  return std::isinf(high) ? high : high + std::log1p(std::exp(low - high));
}

}  // namespace gnomon::verdict
