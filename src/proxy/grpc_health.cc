#include "proxy/grpc_health.h"

#include <cstdint>
#include <optional>

namespace gnomon::proxy {
namespace {

// A message in a body: a byte that says whether it is compressed, and its length.
constexpr size_t kPrefixBytes = 5;
constexpr uint64_t kServing = 1;
constexpr unsigned kFieldShift = 3;
enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kSized = 2, kFixed32 = 5 };
constexpr uint64_t kFirstField = 1;

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

std::optional<uint64_t> take_varint(std::string_view& in) noexcept {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

bool skip_bytes(std::string_view& in, uint64_t count) noexcept {
  if (count > in.size()) return false;
  in.remove_prefix(count);
  return true;
}

bool skip_value(std::string_view& in, uint64_t wire_type) noexcept {
  switch (wire_type) {
    case kVarint:
      return take_varint(in).has_value();
    case kFixed64:
      return skip_bytes(in, 8);
    case kFixed32:
      return skip_bytes(in, 4);
    case kSized: {
      const std::optional<uint64_t> size = take_varint(in);
      return size && skip_bytes(in, *size);
    }
    default:
      return false;
  }
}

// `status` is the first field; newer servers may say more. The last value counts (proto3).
std::optional<uint64_t> status_of(std::string_view message) noexcept {
  uint64_t status = 0;
  while (!message.empty()) {
    const std::optional<uint64_t> tag = take_varint(message);
    if (!tag) return std::nullopt;
    if (*tag != (kFirstField << kFieldShift | kVarint)) {
      if (*tag >> kFieldShift == 0 || !skip_value(message, *tag & 7)) return std::nullopt;
      continue;
    }
    const std::optional<uint64_t> value = take_varint(message);
    if (!value) return std::nullopt;
    status = *value;
  }
  return status;
}

}  // namespace

std::string make_health_question(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    put_varint(message, kFirstField << kFieldShift | kSized);
    put_varint(message, service.size());
    message += service;
  }
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(message.size() >> shift);
  }
  return out + message;
}

bool says_serving(std::string_view body) noexcept {
  if (body.size() <= kPrefixBytes || body[0] != '\0') return false;
  size_t size = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) {
    size = size << 8 | static_cast<unsigned char>(body[i]);
  }
  body.remove_prefix(kPrefixBytes);
  return size == body.size() && status_of(body) == kServing;
}

}  // namespace gnomon::proxy
