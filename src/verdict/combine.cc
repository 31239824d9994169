#include "verdict/combine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "verdict/log_beta.h"

namespace gnomon::verdict {

double slot_weight(size_t j) noexcept {
  const auto place = static_cast<double>(j);
  return 6 / (std::numbers::pi * std::numbers::pi * place * place);
}

double log_weighted_mean(std::span<const double> log_e, std::span<const double> weights) noexcept {
  double sum = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < log_e.size(); ++i) sum = log_add(sum, log_e[i] + std::log(weights[i]));
  return sum;
}

std::vector<size_t> e_bh(std::span<const double> log_e, double alpha) {
  std::vector<size_t> order(log_e.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t x, size_t y) { return log_e[x] > log_e[y]; });
  const double needed = std::log(static_cast<double>(order.size()) / alpha);
  size_t rejected = 0;
  for (size_t k = 1; k <= order.size(); ++k) {
    // A hair of slack, for values that stand exactly on the line.
    if (log_e[order[k - 1]] >= needed - std::log(static_cast<double>(k)) - 1e-12) rejected = k;
  }
  order.resize(rejected);
  return order;
}

}  // namespace gnomon::verdict
