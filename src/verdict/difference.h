// Sequential tests of a difference between two sides that answer the same requests: each request
// adds +1 (only the candidate lost), -1 (only the other side did) or 0.
#pragma once

#include <cstdint>

namespace gnomon::verdict {

struct Signs {
  uint64_t plus = 0;
  uint64_t zero = 0;
  uint64_t minus = 0;
};

// Evidence against "the mean is at most delta0". A mixture over a grid of bets; holds under drift,
// because only each request's mean given the past is bound.
double log_e_rise(const Signs& signs, double delta0) noexcept;
// Evidence against "the mean is at least delta1".
double log_e_no_rise(const Signs& signs, double delta1) noexcept;
// The same claim, stronger where little is discordant: where the mean is at least delta1 the
// candidate alone loses at least that often, so half of the stake goes on the test of that rate.
double log_e_contained(const Signs& signs, double delta1) noexcept;

}  // namespace gnomon::verdict
