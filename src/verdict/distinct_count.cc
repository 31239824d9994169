#include "verdict/distinct_count.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gnomon::verdict {
namespace {

constexpr char kNoRank = '0';

}  // namespace

void DistinctCount::add(uint64_t hash) noexcept {
  const uint64_t rest = hash << kIndexBits;
  const int rank = std::min<int>(std::countl_zero(rest) + 1, kMostRank);
  uint8_t& highest = ranks_[hash >> (64 - kIndexBits)];
  highest = std::max(highest, static_cast<uint8_t>(rank));
}

uint64_t DistinctCount::estimate() const noexcept {
  constexpr double m = kRegisters;
  constexpr double alpha = 0.7213 / (1 + 1.079 / m);
  double sum = 0;
  for (const uint8_t rank : ranks_) sum += std::ldexp(1.0, -rank);
  const double raw = alpha * m * m / sum;
  const auto empty = static_cast<double>(std::ranges::count(ranks_, 0));
  const bool few = raw <= 2.5 * m && empty > 0;
  return static_cast<uint64_t>(std::llround(few ? m * std::log(m / empty) : raw));
}

DistinctCount& DistinctCount::operator+=(const DistinctCount& more) noexcept {
  for (size_t i = 0; i < kRegisters; ++i) ranks_[i] = std::max(ranks_[i], more.ranks_[i]);
  return *this;
}

std::string DistinctCount::text() const {
  if (*this == DistinctCount()) return "";
  std::string out;
  for (const uint8_t rank : ranks_) out.push_back(static_cast<char>(kNoRank + rank));
  return out;
}

std::optional<DistinctCount> DistinctCount::from_text(std::string_view text) noexcept {
  DistinctCount out;
  if (text.empty()) return out;
  if (text.size() != kRegisters) return std::nullopt;
  for (size_t i = 0; i < kRegisters; ++i) {
    const int rank = text[i] - kNoRank;
    if (rank < 0 || rank > kMostRank) return std::nullopt;
    out.ranks_[i] = static_cast<uint8_t>(rank);
  }
  return out;
}

}  // namespace gnomon::verdict
