#include "cli/printable.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace gnomon::cli {
namespace {

struct Unseen {
  std::string_view lead;
  unsigned char from;
  unsigned char to;
  uint32_t code;  // of the one that ends in `from`
};
constexpr Unseen kUnseen[] = {
    {"\xC2", 0x80, 0x9F, 0x80},        // Latin-1's control characters
    {"\xE2\x80", 0x8E, 0x8F, 0x200E},  // marks of direction
    {"\xE2\x80", 0xA8, 0xAE, 0x2028},  // ends of lines and paragraphs, embeddings, overrides
    {"\xE2\x81", 0xA6, 0xA9, 0x2066},  // isolates
};

// Bytes of such a character at the beginning of the text, and its code; 0: there is none.
size_t unseen_at(std::string_view text, uint32_t& code) noexcept {
  for (const Unseen& each : kUnseen) {
    const size_t size = each.lead.size();
    if (text.size() <= size || !text.starts_with(each.lead)) continue;
    const auto last = static_cast<unsigned char>(text[size]);
    if (last < each.from || last > each.to) continue;
    code = each.code + last - each.from;
    return size + 1;
  }
  return 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    uint32_t code = 0;
    size_t size = 1;
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else if (const size_t unseen = unseen_at(text, code); unseen != 0) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
      size = unseen;
    } else {
      out.push_back(text[0]);
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace gnomon::cli
