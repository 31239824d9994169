// Sequential tests of a rate: k of n requests differ. They need only that, whatever came before,
// the next request differs with a chance at most p0 (or at least p1).
#pragma once

#include <cstdint>

namespace gnomon::verdict {

// The prior over the rate, Beta(a, b), cut to the side of the alternative.
struct RatePrior {
  double a = 0.5;
  double b = 0.5;
};

// Evidence against "the rate is at most p0".
double log_e_rate_above(uint64_t k, uint64_t n, double p0, RatePrior prior = {}) noexcept;
// Evidence against "the rate is at least p1".
double log_e_rate_below(uint64_t k, uint64_t n, double p1, RatePrior prior = {}) noexcept;
// Never below log_e_rate_above, and cheap.
double log_e_rate_above_bound(uint64_t k, uint64_t n, double p0) noexcept;

}  // namespace gnomon::verdict
