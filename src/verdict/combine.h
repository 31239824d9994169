// Many tests as one, and one out of many.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace gnomon::verdict {

// The weight of the test that came j-th, j from 1. All of them together come to 1 at most, so their
// weighted mean is evidence against "none of them is wrong".
double slot_weight(size_t j) noexcept;

// ln of sum w_i E_i, from ln E_i. Spans of one length.
double log_weighted_mean(std::span<const double> log_e, std::span<const double> weights) noexcept;

// The e-BH procedure (Wang, Ramdas 2022): positions of the tests that may be called wrong now so
// that at most a share alpha of them is called so falsely on the average, however they depend on
// each other. Holds for the values of one moment and must not be latched.
std::vector<size_t> e_bh(std::span<const double> log_e, double alpha);

}  // namespace gnomon::verdict
