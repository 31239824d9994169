#include "compare/utf8.h"

namespace gnomon::compare {
namespace {

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

bool continues(std::string_view text, size_t from, size_t to) noexcept {
  if (text.size() < to) return false;
  for (size_t i = from; i < to; ++i) {
    if (!continues(text[i])) return false;
  }
  return true;
}

// The second byte's range, which excludes long forms, surrogates and what lies beyond U+10FFFF
// (RFC 3629 section 4).
bool second_fits(unsigned char first, unsigned char second) noexcept {
  switch (first) {
    case 0xe0:
      return second >= 0xa0;
    case 0xed:
      return second <= 0x9f;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second <= 0x8f;
    default:
      return true;
  }
}

}  // namespace

size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const size_t length = first < 0xc2   ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || !continues(text, 1, length)) return 0;
  return second_fits(first, static_cast<unsigned char>(text[1])) ? length : 0;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

size_t utf8_cut(std::string_view text, size_t most) noexcept {
  if (text.size() <= most) return text.size();
  while (most > 0 && continues(text[most])) --most;
  return most;
}

bool is_plain_text(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool space = c == '\t' || c == '\n' || c == '\r';
    if ((byte < 0x20 && !space) || byte == 0x7f) return false;
  }
  return is_utf8(text);
}

}  // namespace gnomon::compare
