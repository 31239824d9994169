#include "compare/path_segment.h"

#include <algorithm>
#include <cstddef>

namespace gnomon::compare {
namespace {

constexpr size_t kMaxWord = 48;   // a longer segment is no word
constexpr size_t kMinHex = 8;     // hexadecimal ids, with a digit in them
constexpr size_t kMinMixed = 12;  // ids of letters and digits in turn
constexpr size_t kMinTurns = 3;   // from letter to digit or back, in such an id
constexpr size_t kMinLong = 20;   // ids that are known by their length

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) noexcept { return is_upper(c) || is_lower(c); }
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_plain(char c) noexcept {
  return is_letter(c) || is_digit(c) || std::string_view("-._~!$&'()+,:=").contains(c);
}

bool has_digit(std::string_view text) noexcept { return std::ranges::any_of(text, is_digit); }

// 12, -3.5, 2024-05-01, 10.0.0.1, 12:30
bool is_numeric(std::string_view text) noexcept {
  return has_digit(text) && std::ranges::all_of(text, [](char c) {
           return is_digit(c) || std::string_view("-.,:+").contains(c);
         });
}

bool is_hex_id(std::string_view text) noexcept {
  return text.size() >= kMinHex && has_digit(text) &&
         std::ranges::all_of(text, [](char c) { return is_hex(c) || c == '-'; });
}

// How often a letter follows a digit or a digit a letter.
size_t turns(std::string_view text) noexcept {
  size_t count = 0;
  for (size_t i = 1; i < text.size(); ++i) {
    const bool turn = (is_digit(text[i - 1]) && is_letter(text[i])) ||
                      (is_letter(text[i - 1]) && is_digit(text[i]));
    if (turn) ++count;
  }
  return count;
}

bool is_long_id(std::string_view text) noexcept {
  if (text.contains('.')) return false;  // files
  if (text.size() >= kMinMixed && turns(text) >= kMinTurns) return true;
  // Base 64, ULIDs and their kin have no separators and no word's case.
  return text.size() >= kMinLong && !text.contains('-') && has_digit(text) &&
         std::ranges::any_of(text, is_upper);
}

}  // namespace

std::vector<std::string_view> path_segments(std::string_view path, size_t max) {
  path = path.substr(0, path.find_first_of("?#"));
  if (path.starts_with('/')) path.remove_prefix(1);
  std::vector<std::string_view> segments;
  for (;;) {
    const bool last = segments.size() + 1 >= max;
    const size_t slash = last ? std::string_view::npos : path.find('/');
    const std::string_view segment = path.substr(0, slash);
    segments.push_back(last ? segment : segment.substr(0, segment.find(';')));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool looks_like_value(std::string_view segment) noexcept {
  if (segment.empty()) return false;
  if (segment.size() > kMaxWord || !std::ranges::all_of(segment, is_plain)) return true;
  return is_numeric(segment) || is_hex_id(segment) || is_long_id(segment);
}

}  // namespace gnomon::compare
