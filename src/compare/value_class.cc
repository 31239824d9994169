#include "compare/value_class.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "msg/headers.h"

namespace gnomon::compare {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_uuid(std::string_view text) noexcept {
  constexpr std::string_view kUrn = "urn:uuid:";
  constexpr size_t kSize = 36;
  if (text.size() > kUrn.size() && equals_ignore_case(text.substr(0, kUrn.size()), kUrn)) {
    text.remove_prefix(kUrn.size());
  }
  if (text.size() == kSize + 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, kSize);
  }
  if (text.size() != kSize) return false;
  for (size_t i = 0; i < kSize; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_ip(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN + 1> name{};
  if (text.empty() || text.size() >= name.size()) return false;
  std::ranges::copy(text, name.begin());
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, name.data(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.data(), address.data()) == 1;
}

bool is_etag(std::string_view text) noexcept {
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  return text.substr(1, text.size() - 2).find('"') == text.npos;
}

bool is_label(std::string_view label) noexcept {
  constexpr size_t kLabelMax = 63;
  return !label.empty() && label.size() <= kLabelMax && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_';
         });
}

bool is_port(std::string_view text) noexcept {
  uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && stop == text.data() + text.size();
}

bool is_host(std::string_view text) noexcept {
  constexpr size_t kNameMax = 253;
  if (is_ip(text)) return true;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos || !is_ip(text.substr(1, end - 1))) return false;
    return end + 1 == text.size() || (text[end + 1] == ':' && is_port(text.substr(end + 2)));
  }
  const size_t colon = text.find(':');
  if (colon != text.npos && !is_port(text.substr(colon + 1))) return false;
  std::string_view name = text.substr(0, colon);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kNameMax) return false;
  while (true) {
    const size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == name.npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// ---- time ----

// Takes numbers and fixed characters off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool failed() const noexcept { return failed_; }
  bool at_end() const noexcept { return rest_.empty(); }
  std::string_view rest() const noexcept { return rest_; }
  char peek() const noexcept { return rest_.empty() ? '\0' : rest_[0]; }

  void skip(std::string_view any_of) noexcept {
    if (rest_.empty() || any_of.find(rest_[0]) == any_of.npos) {
      failed_ = true;
    } else {
      rest_.remove_prefix(1);
    }
  }
  unsigned digits(size_t count) noexcept {
    unsigned value = 0;
    if (rest_.size() < count || !std::all_of(rest_.begin(), rest_.begin() + count, is_digit)) {
      failed_ = true;
      return 0;
    }
    const char* const begin = rest_.data();
    const char* const end = begin + count;
    std::from_chars(begin, end, value);
    rest_.remove_prefix(count);
    return value;
  }
  std::string_view word(size_t count) noexcept {
    const std::string_view out = rest_.substr(0, count);
    if (out.size() < count) failed_ = true;
    rest_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

std::optional<Time> make_time(unsigned year, unsigned month, unsigned day, unsigned hour,
                              unsigned minute, unsigned second) noexcept {
  // Nanoseconds in 64 bits reach from 1677 to 2262.
  constexpr unsigned kYearMin = 1678;
  constexpr unsigned kYearMax = 2261;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || year < kYearMin || year > kYearMax || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

// ".25" as nanoseconds.
std::chrono::nanoseconds take_fraction(Cursor& cursor) noexcept {
  int64_t value = 0;
  int64_t unit = 100'000'000;
  cursor.skip(".,");
  if (!is_digit(cursor.peek())) cursor.digits(1);
  while (is_digit(cursor.peek())) {
    value += static_cast<int64_t>(cursor.digits(1)) * unit;
    unit /= 10;
  }
  return std::chrono::nanoseconds(value);
}

// "2026-11-22T12:00:00.5+01:00", "2026-11-22 12:00", "2026-11-22".
std::optional<Time> parse_rfc3339(std::string_view text) noexcept {
  Cursor cursor(text);
  const unsigned year = cursor.digits(4);
  cursor.skip("-");
  const unsigned month = cursor.digits(2);
  cursor.skip("-");
  const unsigned day = cursor.digits(2);
  if (cursor.failed()) return std::nullopt;
  if (cursor.at_end()) return make_time(year, month, day, 0, 0, 0);
  cursor.skip("Tt ");
  const unsigned hour = cursor.digits(2);
  cursor.skip(":");
  const unsigned minute = cursor.digits(2);
  unsigned second = 0;
  std::chrono::nanoseconds fraction{};
  if (cursor.peek() == ':') {
    cursor.skip(":");
    second = cursor.digits(2);
    if (cursor.peek() == '.' || cursor.peek() == ',') fraction = take_fraction(cursor);
  }
  std::chrono::minutes offset{};
  if (cursor.peek() == 'Z' || cursor.peek() == 'z') {
    cursor.skip("Zz");
  } else if (!cursor.at_end()) {
    const bool east = cursor.peek() == '+';
    cursor.skip("+-");
    offset = std::chrono::hours(cursor.digits(2));
    if (cursor.peek() == ':') cursor.skip(":");
    offset += std::chrono::minutes(cursor.digits(2));
    if (!east) offset = -offset;
  }
  if (cursor.failed() || !cursor.at_end()) return std::nullopt;
  const auto time = make_time(year, month, day, hour, minute, second);
  if (!time) return std::nullopt;
  return *time + fraction - offset;
}

unsigned month_number(std::string_view name) noexcept {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const size_t at = name.size() == 3 ? kMonths.find(name) : kMonths.npos;
  return at % 3 != 0 ? 0 : static_cast<unsigned>(at / 3 + 1);
}

// "Mon, 18 Jun 2018 11:46:23 GMT" (RFC 9110 section 5.6.7), also as "Mon, 18-Jun-2018".
std::optional<Time> parse_http_date(std::string_view text) noexcept {
  const size_t comma = text.find(", ");
  if (comma == text.npos || !std::ranges::all_of(text.substr(0, comma), is_letter)) {
    return std::nullopt;
  }
  Cursor cursor(text.substr(comma + 2));
  const unsigned day = cursor.digits(2);
  cursor.skip(" -");
  const unsigned month = month_number(cursor.word(3));
  cursor.skip(" -");
  const unsigned year = cursor.digits(4);
  cursor.skip(" ");
  const unsigned hour = cursor.digits(2);
  cursor.skip(":");
  const unsigned minute = cursor.digits(2);
  cursor.skip(":");
  const unsigned second = cursor.digits(2);
  const std::string_view zone = cursor.rest();
  if (cursor.failed() || (zone != " GMT" && zone != " UTC" && zone != " +0000"))
    return std::nullopt;
  return make_time(year, month, day, hour, minute, second);
}

// A number that is a time between 2001 and 2096: seconds, perhaps with a fraction, or a finer unit.
std::optional<Time> parse_epoch(std::string_view text) noexcept {
  constexpr size_t kSeconds = 10;
  const size_t whole = std::min(text.find('.'), text.size());
  Cursor cursor(text);
  if (whole != text.size() && whole != kSeconds) return std::nullopt;
  if (whole != 10 && whole != 13 && whole != 16 && whole != 19) return std::nullopt;
  if (text[0] < '1' || text[0] > '3') return std::nullopt;
  Time time(std::chrono::seconds(cursor.digits(kSeconds)));
  int64_t unit = 100'000'000;
  for (size_t i = kSeconds; i < whole; ++i, unit /= 10) {
    time += std::chrono::nanoseconds(static_cast<int64_t>(cursor.digits(1)) * unit);
  }
  if (whole != text.size()) time += take_fraction(cursor);
  if (cursor.failed() || !cursor.at_end()) return std::nullopt;
  return time;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) noexcept {
  if (auto time = parse_rfc3339(text)) return time;
  if (auto time = parse_http_date(text)) return time;
  return parse_epoch(text);
}

bool is_of_class(std::string_view text, ValueClass value_class) noexcept {
  switch (value_class) {
    case ValueClass::uuid:
      return is_uuid(text);
    case ValueClass::timestamp:
      return parse_time(text).has_value();
    case ValueClass::ip:
      return is_ip(text);
    case ValueClass::etag:
      return is_etag(text);
    case ValueClass::host:
      return is_host(text);
  }
  return false;
}

}  // namespace gnomon::compare
