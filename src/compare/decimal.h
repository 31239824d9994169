// Numbers as JSON writes them, compared by the value that they denote: exactly, however long.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "compare/hash.h"

namespace gnomon::compare {

// A decimal number in one form: 0.digits times ten to the power of `exponent`, where the digits
// neither begin nor end with a zero. Zero has no digits and no sign. Views the token it was read
// from.
class Decimal {
 public:
  // Null if the token is not a number of RFC 8259.
  static std::optional<Decimal> parse(std::string_view token) noexcept;

  bool operator==(const Decimal& other) const noexcept;
  uint64_t hash() const noexcept;
  // Of the number mantissa * 10^exponent, where the mantissa has at most 18 digits and does not end
  // with a zero.
  static uint64_t hash(uint64_t mantissa, int64_t exponent, bool negative) noexcept {
    return mix(mantissa, static_cast<uint64_t>(exponent) * 2 + (negative ? 1 : 0));
  }
  // Of a number that no double can hold: whether it is too large for that, or too near to zero.
  bool is_huge() const noexcept { return far_.empty() ? exponent_ >= 0 : !far_negative_; }

 private:
  char digit(uint32_t i) const noexcept {
    return i < head_.size() ? head_[i] : tail_[i - head_.size()];
  }

  std::string_view head_;  // significant digits before the point
  std::string_view tail_;  // and behind it
  uint32_t digits_ = 0;    // of both
  bool negative_ = false;
  int64_t exponent_ = 0;
  // Digits of an exponent that has more than are reckoned with, without leading zeros; then
  // exponent_ is what the place of the point adds to it. Two such numbers are equal where both are.
  std::string_view far_;
  bool far_negative_ = false;
};

// Whether the two tokens denote the same number.
bool equal_numbers(std::string_view a, std::string_view b) noexcept;
// The nearest double, infinite where it is too large; null if the token is not a number.
std::optional<double> approximate(std::string_view token) noexcept;

}  // namespace gnomon::compare
