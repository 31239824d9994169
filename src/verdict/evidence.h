// Log evidence. An e-value is what a bet against "nothing is wrong" has grown to from 1; when
// nothing is wrong it reaches 1/alpha with a chance of at most alpha, however often one looks
// (Ville 1939).
#pragma once

#include <cmath>

namespace gnomon::verdict {

// Beyond this, more evidence says nothing more.
inline constexpr double kMostLogE = 700;

inline double capped(double log_e) noexcept {
  return std::fmin(std::fmax(log_e, -kMostLogE), kMostLogE);
}

}  // namespace gnomon::verdict
