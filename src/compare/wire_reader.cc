#include "compare/wire_reader.h"

#include <charconv>
#include <cstdint>
#include <string>

#include "compare/utf8.h"

namespace gnomon::compare {
namespace {

constexpr uint32_t kDepthMax = 32;  // of messages within messages, as far as they are guessed
constexpr size_t kVarintMax = 10;
constexpr uint64_t kFieldMax = (uint64_t{1} << 29) - 1;

enum class WireType : uint8_t { varint, fixed64, bytes, group, group_end, fixed32 };

struct WireField {
  uint32_t number = 0;
  WireType type = WireType::varint;
  uint64_t value = 0;      // of numbers
  std::string_view bytes;  // of bytes and groups
};

// Takes fields off the front of a message.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}

  bool at_end() const noexcept { return rest_.empty(); }
  std::string_view rest() const noexcept { return rest_; }

  // False when what follows is no field.
  bool next(WireField& field, uint32_t depth) noexcept {
    uint64_t tag = 0;
    if (!varint(tag) || (tag & 7U) > 5 || tag >> 3U == 0 || tag >> 3U > kFieldMax) return false;
    field.number = static_cast<uint32_t>(tag >> 3U);
    field.type = static_cast<WireType>(tag & 7U);
    switch (field.type) {
      case WireType::varint:
        return varint(field.value);
      case WireType::fixed64:
        return fixed(8, field.value);
      case WireType::fixed32:
        return fixed(4, field.value);
      case WireType::bytes:
        return varint(field.value) && take(field.value, field.bytes);
      case WireType::group:
        return group(field, depth);
      case WireType::group_end:
        break;
    }
    return true;
  }

 private:
  bool varint(uint64_t& out) noexcept {
    out = 0;
    for (size_t i = 0; i < kVarintMax && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      out |= static_cast<uint64_t>(byte & 0x7fU) << (7 * i);
      if ((byte & 0x80U) == 0) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool fixed(size_t size, uint64_t& out) noexcept {
    std::string_view bytes;
    if (!take(size, bytes)) return false;
    out = 0;
    for (size_t i = 0; i < size; ++i) {
      out |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return true;
  }

  bool take(uint64_t size, std::string_view& out) noexcept {
    if (size > rest_.size()) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  // Up to the end that has the group's number.
  bool group(WireField& field, uint32_t depth) noexcept {
    if (depth == 0) return false;
    Cursor inside(rest_);
    for (;;) {
      const std::string_view before = inside.rest_;
      WireField member;
      if (!inside.next(member, depth - 1)) return false;
      if (member.type != WireType::group_end) continue;
      field.bytes = rest_.substr(0, static_cast<size_t>(before.data() - rest_.data()));
      rest_ = inside.rest_;
      return member.number == field.number;
    }
  }

  std::string_view rest_;
};

bool is_message(std::string_view bytes, uint32_t depth) noexcept {
  Cursor cursor(bytes);
  WireField field;
  while (!cursor.at_end()) {
    if (!cursor.next(field, depth) || field.type == WireType::group_end) return false;
  }
  return true;
}

// A message whose first field is text begins with a line feed, which texts seldom do.
bool looks_like_text(std::string_view bytes) noexcept {
  if (!is_plain_text(bytes)) return false;
  return !bytes.starts_with('\n') || !is_message(bytes, kDepthMax);
}

class Walk {
 public:
  explicit Walk(DocumentBuilder& builder) : builder_(builder) {}

  bool message(std::string_view bytes, uint32_t depth) {
    if (!builder_.begin_object() || !fields(bytes, depth)) return false;
    builder_.end();
    return true;
  }

  bool fields(std::string_view bytes, uint32_t depth) {
    Cursor cursor(bytes);
    while (!cursor.at_end()) {
      WireField member;
      if (!cursor.next(member, depth) || member.type == WireType::group_end) return false;
      builder_.name(digits(member.number));
      if (!value(member, depth)) return false;
    }
    return true;
  }

 private:
  bool value(const WireField& field, uint32_t depth) {
    if (field.type == WireType::group) return depth > 0 && message(field.bytes, depth - 1);
    if (field.type != WireType::bytes) return builder_.number(digits(field.value));
    if (looks_like_text(field.bytes)) return builder_.string(builder_.keep(field.bytes));
    if (depth > 0 && is_message(field.bytes, depth - 1)) return message(field.bytes, depth - 1);
    return hexadecimal(field.bytes);
  }

  bool hexadecimal(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    char* const text = builder_.allocate(bytes.size() * 2);
    if (text == nullptr) return false;
    for (size_t i = 0; i < bytes.size(); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      text[2 * i] = kDigits[byte >> 4U];
      text[2 * i + 1] = kDigits[byte & 0xfU];
    }
    return builder_.string({text, bytes.size() * 2});
  }

  std::string_view digits(uint64_t number) {
    char text[20];
    const auto end = std::to_chars(std::begin(text), std::end(text), number).ptr;
    return builder_.keep({text, static_cast<size_t>(end - text)});
  }

  DocumentBuilder& builder_;
};

}  // namespace

bool add_wire_message(std::string_view message, DocumentBuilder& builder) {
  return Walk(builder).message(message, kDepthMax);
}

bool add_wire_fields(std::string_view message, DocumentBuilder& builder) {
  return Walk(builder).fields(message, kDepthMax);
}

}  // namespace gnomon::compare
