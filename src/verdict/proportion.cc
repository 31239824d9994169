#include "verdict/proportion.h"

#include "verdict/evidence.h"
#include "verdict/log_beta.h"

namespace gnomon::verdict {
namespace {

double log_null(double hits, double misses, double p) noexcept {
  return hits * std::log(p) + misses * std::log1p(-p);
}

}  // namespace

double log_e_rate_above(uint64_t k, uint64_t n, double p0, RatePrior prior) noexcept {
  const auto hits = static_cast<double>(k);
  const auto misses = static_cast<double>(n - k);
  return capped(log_beta_above(p0, prior.a + hits, prior.b + misses) -
                log_beta_above(p0, prior.a, prior.b) - log_null(hits, misses, p0));
}

double log_e_rate_below(uint64_t k, uint64_t n, double p1, RatePrior prior) noexcept {
  const auto hits = static_cast<double>(k);
  const auto misses = static_cast<double>(n - k);
  return capped(log_beta_below(p1, prior.a + hits, prior.b + misses) -
                log_beta_below(p1, prior.a, prior.b) - log_null(hits, misses, p1));
}

double log_e_rate_above_bound(uint64_t k, uint64_t n, double p0) noexcept {
  const auto hits = static_cast<double>(k);
  const auto all = static_cast<double>(n);
  if (n == 0 || hits <= p0 * all) return 0;
  const double misses = all - hits;
  const double rest = k == n ? 0 : misses * std::log(misses / (all * (1 - p0)));
  return capped(hits * std::log(hits / (all * p0)) + rest);
}

}  // namespace gnomon::verdict
