// Watches a version after its release: not "is it worse" once, but "has it become worse", for ever.
// The e-Shiryaev-Roberts detector (Shin, Ramdas, Rinaldo 2023).
#pragma once

#include <cmath>

#include "verdict/log_beta.h"

namespace gnomon::verdict {

// Fed with discordant pairs only; a stream of others would let it grow by itself. Between false
// alarms lie at least 1/alpha of them on the average.
class ChangeDetector {
 public:
  // `theta`, above 1/2: the share of discordant pairs that the worse version would lose.
  explicit ChangeDetector(double theta = 0.75) noexcept : theta_(theta) {}

  void add(bool fresh_lost) noexcept {
    log_m_ = log_add(log_m_, 0) + std::log(fresh_lost ? 2 * theta_ : 2 * (1 - theta_));
  }
  double log_m() const noexcept { return log_m_; }
  bool alarm(double alpha) const noexcept { return log_m_ >= -std::log(alpha); }

 private:
  double theta_;
  double log_m_ = -INFINITY;
};

}  // namespace gnomon::verdict
