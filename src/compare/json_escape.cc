#include "compare/json_escape.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace gnomon::compare {
namespace {

constexpr size_t kHexDigits = 4;

std::optional<uint32_t> hex_unit(std::string_view text) noexcept {
  if (text.size() < kHexDigits) return std::nullopt;
  uint32_t unit = 0;
  const char* const begin = text.data();
  const char* const end = begin + kHexDigits;
  const auto [stop, error] = std::from_chars(begin, end, unit, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return unit;
}

bool is_high_surrogate(uint32_t unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(uint32_t unit) noexcept { return unit >= 0xDC00 && unit < 0xE000; }

char* put_utf8(uint32_t code, char* out) noexcept {
  const auto put = [&out](uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

// `text` begins behind "\u"; what was read is taken off.
std::optional<uint32_t> take_code(std::string_view& text) noexcept {
  const auto unit = hex_unit(text);
  if (!unit) return std::nullopt;
  text.remove_prefix(kHexDigits);
  if (!is_high_surrogate(*unit) || !text.starts_with("\\u")) return unit;
  const auto low = hex_unit(text.substr(2));
  if (!low || !is_low_surrogate(*low)) return unit;
  text.remove_prefix(2 + kHexDigits);
  return 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
}

}  // namespace

std::optional<size_t> unescape_json(std::string_view escaped, char* out) noexcept {
  char* const begin = out;
  while (!escaped.empty()) {
    const size_t plain = std::min(escaped.find('\\'), escaped.size());
    std::memcpy(out, escaped.data(), plain);
    out += plain;
    escaped.remove_prefix(plain);
    if (escaped.empty()) break;
    if (escaped.size() < 2) return std::nullopt;
    const char kind = escaped[1];
    escaped.remove_prefix(2);
    if (kind == 'u') {
      const auto code = take_code(escaped);
      if (!code) return std::nullopt;
      out = put_utf8(*code, out);
    } else {
      const char c = simple_escape(kind);
      if (c == 0) return std::nullopt;
      *out++ = c;
    }
  }
  return static_cast<size_t>(out - begin);
}

}  // namespace gnomon::compare
