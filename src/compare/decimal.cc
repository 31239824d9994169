#include "compare/decimal.h"

#include <charconv>
#include <limits>

namespace gnomon::compare {
namespace {

constexpr size_t kExponentDigitsMax = 17;

size_t count_digits(std::string_view text) noexcept {
  size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  return n;
}

size_t leading_zeros(std::string_view digits) noexcept {
  size_t n = 0;
  while (n < digits.size() && digits[n] == '0') ++n;
  return n;
}

size_t trailing_zeros(std::string_view digits) noexcept {
  size_t n = 0;
  while (n < digits.size() && digits[digits.size() - 1 - n] == '0') ++n;
  return n;
}

struct Parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int64_t exponent = 0;
  std::string_view far;  // digits of an exponent that is not reckoned with
  bool far_negative = false;
};

bool parse_exponent(std::string_view text, Parts& parts) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || count_digits(text) != text.size()) return false;
  text.remove_prefix(leading_zeros(text));
  if (text.size() > kExponentDigitsMax) {
    parts.far = text;
    parts.far_negative = negative;
    return true;
  }
  std::from_chars(text.data(), text.data() + text.size(), parts.exponent);
  if (negative) parts.exponent = -parts.exponent;
  return true;
}

// RFC 8259 section 6.
std::optional<Parts> split(std::string_view token) noexcept {
  Parts parts;
  parts.negative = token.starts_with('-');
  if (parts.negative) token.remove_prefix(1);
  parts.whole = token.substr(0, count_digits(token));
  if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole[0] == '0')) return std::nullopt;
  token.remove_prefix(parts.whole.size());
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    parts.fraction = token.substr(0, count_digits(token));
    if (parts.fraction.empty()) return std::nullopt;
    token.remove_prefix(parts.fraction.size());
  }
  if (token.empty()) return parts;
  if (token[0] != 'e' && token[0] != 'E') return std::nullopt;
  if (!parse_exponent(token.substr(1), parts)) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view token) noexcept {
  const auto parts = split(token);
  if (!parts) return std::nullopt;
  Decimal out;
  out.head_ = parts->whole;
  out.tail_ = parts->fraction;
  out.exponent_ = parts->exponent + static_cast<int64_t>(out.head_.size());
  out.tail_.remove_suffix(trailing_zeros(out.tail_));
  if (out.tail_.empty()) out.head_.remove_suffix(trailing_zeros(out.head_));
  if (out.head_ == "0") out.head_ = {}, --out.exponent_;
  if (out.head_.empty()) {
    const size_t zeros = leading_zeros(out.tail_);
    out.tail_.remove_prefix(zeros);
    out.exponent_ -= static_cast<int64_t>(zeros);
  }
  out.digits_ = static_cast<uint32_t>(out.head_.size() + out.tail_.size());
  out.negative_ = parts->negative;
  out.far_ = parts->far;
  out.far_negative_ = parts->far_negative;
  if (out.digits_ == 0) return Decimal();
  return out;
}

bool Decimal::operator==(const Decimal& other) const noexcept {
  if (digits_ != other.digits_ || exponent_ != other.exponent_ || negative_ != other.negative_ ||
      far_ != other.far_ || far_negative_ != other.far_negative_) {
    return false;
  }
  for (uint32_t i = 0; i < digits_; ++i) {
    if (digit(i) != other.digit(i)) return false;
  }
  return true;
}

uint64_t Decimal::hash() const noexcept {
  constexpr uint32_t kDigitsExact = 18;
  if (digits_ == 0) return hash(0, 0, false);
  uint64_t value = far_.empty() ? 0 : hash_text(far_, far_negative_ ? 1 : 2);
  if (digits_ > kDigitsExact || !far_.empty()) {
    for (uint32_t i = 0; i < digits_; ++i) value = mix(value, static_cast<uint8_t>(digit(i)));
  } else {
    for (uint32_t i = 0; i < digits_; ++i)
      value = value * 10 + static_cast<uint64_t>(digit(i) - '0');
  }
  return hash(value, exponent_ - static_cast<int64_t>(digits_), negative_);
}

bool equal_numbers(std::string_view a, std::string_view b) noexcept {
  if (a == b) return true;
  const auto left = Decimal::parse(a);
  const auto right = Decimal::parse(b);
  return left && right && *left == *right;
}

std::optional<double> approximate(std::string_view token) noexcept {
  double value = 0;
  const char* const begin = token.data();
  const char* const end = begin + token.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end || token.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const auto exact = Decimal::parse(token);
    if (!exact) return std::nullopt;
    value = exact->is_huge() ? std::numeric_limits<double>::infinity() : 0.0;
    return token.starts_with('-') ? -value : value;
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace gnomon::compare
