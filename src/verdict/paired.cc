#include "verdict/paired.h"

#include <array>
#include <limits>
#include <numbers>

#include "verdict/evidence.h"
#include "verdict/log_beta.h"

namespace gnomon::verdict {
namespace {

double log_e(uint64_t b, uint64_t c, double kappa) noexcept {
  const auto lost = static_cast<double>(b);
  const auto won = static_cast<double>(c);
  return (lost + won + 1) * std::numbers::ln2 + log_beta_above(0.5, lost + kappa, won + kappa) -
         log_beta(kappa, kappa);
}

}  // namespace

double log_e_paired(uint64_t b, uint64_t c) noexcept { return capped(log_e(b, c, 1)); }

double log_e_paired_mixed(uint64_t b, uint64_t c) noexcept {
  constexpr std::array<double, 4> kKappas = {1, 10, 100, 1000};
  double sum = -std::numeric_limits<double>::infinity();
  for (const double kappa : kKappas) sum = log_add(sum, log_e(b, c, kappa));
  return capped(sum - std::log(static_cast<double>(kKappas.size())));
}

// A mixture of likelihood ratios is at most the largest of them.
double log_e_paired_bound(uint64_t b, uint64_t c) noexcept {
  if (b <= c) return 0;
  const auto lost = static_cast<double>(b);
  const auto won = static_cast<double>(c);
  const double all = lost + won;
  const double tail = c == 0 ? 0 : won * std::log(2 * won / all);
  return capped(lost * std::log(2 * lost / all) + tail);
}

}  // namespace gnomon::verdict
