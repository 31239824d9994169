#include "proxy/grpc.h"

#include <charconv>

namespace gnomon::proxy {
namespace {

std::string escape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace

bool is_grpc(const Headers& headers) noexcept {
  constexpr std::string_view kType = "application/grpc";
  const std::string_view type = headers.get(std::string_view("content-type"));
  return type.starts_with(kType) && (type.size() == kType.size() || type[kType.size()] == '+');
}

std::optional<uint32_t> grpc_status(const Headers& headers) noexcept {
  const Field* field = headers.find(std::string_view("grpc-status"));
  if (field == nullptr || field->value.empty()) return std::nullopt;
  uint32_t number = 0;
  const std::string_view text = field->value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

uint32_t grpc_status_of(uint16_t http_status) noexcept {
  switch (http_status) {
    case 200:
      return 0;
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

void make_grpc_answer(ResponseHead& head, std::string_view text) {
  head.headers.set("grpc-status", std::to_string(grpc_status_of(head.status)));
  if (!text.empty()) head.headers.set("grpc-message", escape(text));
  head.headers.set("content-type", "application/grpc");
  head.status = 200;
}

}  // namespace gnomon::proxy
