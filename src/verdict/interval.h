// Intervals that hold at every look at once: with a chance of 1 - alpha the truth never leaves them
// (Howard, Ramdas 2022: beta-binomial mixtures). For display; verdicts rest on the tests.
#pragma once

#include <cstdint>
#include <optional>

namespace gnomon::verdict {

struct Interval {
  double low = 0;
  double high = 0;
};

// The rate behind k of n. Tightest about `t_opt` observations.
Interval rate_interval(uint64_t k, uint64_t n, double alpha, double t_opt = 1000) noexcept;

// Ranks, from 1, between which the p-quantile of what n observations came from lies. `low` 0, or no
// `high`: the observations do not bound it on that side.
struct Ranks {
  uint64_t low = 0;
  std::optional<uint64_t> high;
};
Ranks quantile_ranks(double p, uint64_t n, double alpha, double t_opt = 5000) noexcept;

}  // namespace gnomon::verdict
