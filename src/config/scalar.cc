#include "config/scalar.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace gnomon::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// [-+]? ( .digits | digits [. digits?] ) ( [eE] [-+]? digits )?, the form that go-yaml takes for a
// number.
bool is_decimal(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - from;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const size_t whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

struct Digits {
  bool negative = false;
  int base = 10;
  std::string text;  // without sign, prefix and underscores
};

std::optional<Digits> split_integer(std::string_view text) {
  Digits out;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') {
    const char kind = text[1];
    out.base = kind == 'x' || kind == 'X' ? 16 : kind == 'b' || kind == 'B' ? 2 : 8;
    text.remove_prefix(out.base != 8 || kind == 'o' || kind == 'O' ? 2 : 1);
  }
  for (const char c : text) {
    if (c != '_') out.text.push_back(c);
  }
  if (out.text.empty()) return std::nullopt;
  return out;
}

std::optional<uint64_t> magnitude(const Digits& digits) {
  uint64_t value = 0;
  const char* end = digits.text.data() + digits.text.size();
  const auto [stop, error] = std::from_chars(digits.text.data(), end, value, digits.base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

template <typename T>
std::optional<T> parse_special(std::string_view text) {
  if (one_of(text, {".nan", ".NaN", ".NAN", "NaN"})) return std::numeric_limits<T>::quiet_NaN();
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (!one_of(text, {".inf", ".Inf", ".INF", "Infinity"})) return std::nullopt;
  const T infinity = std::numeric_limits<T>::infinity();
  return negative ? -infinity : infinity;
}

template <typename T>
std::optional<T> parse_real(std::string_view text) {
  if (const auto special = parse_special<T>(text)) return special;
  if (!is_decimal(text)) {
    if (const auto whole = parse_int64(text)) return static_cast<T>(*whole);
    return std::nullopt;
  }
  if (text[0] == '+') text.remove_prefix(1);
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// A decimal without a fraction, such as 5.0 or 1e3, as an integer.
std::optional<double> whole_decimal(std::string_view text) {
  if (!is_decimal(text)) return std::nullopt;
  const auto value = parse_real<double>(text);
  if (!value || std::floor(*value) != *value) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  double factor;
};

// Longest unit that `text` starts with.
template <size_t N>
const Unit* find_unit(std::string_view text, const std::array<Unit, N>& units) {
  const Unit* best = nullptr;
  for (const Unit& unit : units) {
    if (text.starts_with(unit.name) && (best == nullptr || unit.name.size() > best->name.size())) {
      best = &unit;
    }
  }
  return best;
}

constexpr std::array<Unit, 8> kDurationUnits{{{"ns", 1},
                                              {"us", 1e3},
                                              {"\xC2\xB5s", 1e3},
                                              {"\xCE\xBCs", 1e3},
                                              {"ms", 1e6},
                                              {"s", 1e9},
                                              {"m", 60e9},
                                              {"h", 3600e9}}};

constexpr std::array<Unit, 12> kQuantityUnits{{{"Ki", 1024.0},
                                               {"Mi", 1048576.0},
                                               {"Gi", 1073741824.0},
                                               {"Ti", 1099511627776.0},
                                               {"Pi", 1125899906842624.0},
                                               {"Ei", 1152921504606846976.0},
                                               {"k", 1e3},
                                               {"M", 1e6},
                                               {"G", 1e9},
                                               {"T", 1e12},
                                               {"P", 1e15},
                                               {"E", 1e18}}};

// Digits with at most one dot, the amount of a duration or quantity.
size_t amount_length(std::string_view text) {
  size_t at = 0;
  size_t digits = 0;
  bool dot = false;
  for (; at < text.size(); ++at) {
    if (is_digit(text[at])) {
      ++digits;
    } else if (text[at] == '.' && !dot) {
      dot = true;
    } else {
      break;
    }
  }
  return digits == 0 ? 0 : at;
}

}  // namespace

std::string_view to_string(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::null:
      return "null";
    case ScalarType::boolean:
      return "a boolean";
    case ScalarType::integer:
    case ScalarType::real:
      return "a number";
    case ScalarType::string:
      return "a string";
  }
  return "a string";
}

ScalarType classify(std::string_view text) noexcept {
  if (text.empty() || one_of(text, {"~", "null", "Null", "NULL"})) return ScalarType::null;
  if (parse_bool(text)) return ScalarType::boolean;
  const char first = text[0];
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return ScalarType::string;
  if (const auto digits = split_integer(text); digits && magnitude(*digits)) {
    return ScalarType::integer;
  }
  if (is_decimal(text)) return ScalarType::real;
  if (first != 'N' && parse_special<float>(text)) return ScalarType::real;
  return ScalarType::string;
}

std::optional<bool> parse_bool(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return std::nullopt;
  if (one_of(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return true;
  }
  if (one_of(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return false;
  }
  return std::nullopt;
}

std::optional<int64_t> parse_int64(std::string_view text) noexcept {
  if (const auto digits = split_integer(text)) {
    if (const auto value = magnitude(*digits)) {
      constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
      if (*value > kMax + (digits->negative ? 1 : 0)) return std::nullopt;
      return static_cast<int64_t>(digits->negative ? 0 - *value : *value);
    }
  }
  const auto whole = whole_decimal(text);
  if (!whole || std::abs(*whole) >= 0x1p63) return std::nullopt;
  return static_cast<int64_t>(*whole);
}

std::optional<uint64_t> parse_uint64(std::string_view text) noexcept {
  if (const auto digits = split_integer(text)) {
    if (const auto value = magnitude(*digits)) {
      if (digits->negative && *value != 0) return std::nullopt;
      return value;
    }
  }
  const auto whole = whole_decimal(text);
  if (!whole || *whole < 0 || *whole >= 0x1p64) return std::nullopt;
  return static_cast<uint64_t>(*whole);
}

std::optional<float> parse_float(std::string_view text) noexcept { return parse_real<float>(text); }

std::optional<double> parse_double(std::string_view text) noexcept {
  return parse_real<double>(text);
}

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return Duration(0);
  if (text.empty()) return std::nullopt;
  long double total_ns = 0;
  while (!text.empty()) {
    const size_t length = amount_length(text);
    if (length == 0) return std::nullopt;
    const auto amount = parse_double(text.substr(0, length));
    text.remove_prefix(length);
    const Unit* unit = find_unit(text, kDurationUnits);
    if (!amount || unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total_ns += static_cast<long double>(*amount) * unit->factor;
  }
  if (total_ns >= 0x1p63L) return std::nullopt;
  const auto ns = static_cast<int64_t>(std::round(total_ns));
  return Duration(negative ? -ns : ns);
}

std::optional<uint64_t> parse_quantity(std::string_view text) noexcept {
  if (const auto whole = parse_uint64(text)) return whole;
  const size_t length = amount_length(text);
  if (length == 0) return std::nullopt;
  const auto amount = parse_double(text.substr(0, length));
  const std::string_view suffix = text.substr(length);
  const Unit* unit = find_unit(suffix, kQuantityUnits);
  if (!amount || unit == nullptr || unit->name.size() != suffix.size()) return std::nullopt;
  const long double value = static_cast<long double>(*amount) * unit->factor;
  if (value >= 0x1p64L) return std::nullopt;
  return static_cast<uint64_t>(std::ceil(value));
}

}  // namespace gnomon::config
