#include "proxy/grpc.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "proxy/stats.h"

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

constexpr std::array<const char*, 17> kCamelNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

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

uint32_t grpc_answer(const Headers& trailers, std::optional<uint32_t> in_head,
                     uint16_t http_status) noexcept {
  if (const std::optional<uint32_t> status = grpc_status(trailers)) return *status;
  return in_head.value_or(grpc_status_of(http_status));
}

std::string grpc_camel_name(uint32_t status) {
  return status < kCamelNames.size() ? kCamelNames[status] : std::to_string(status);
}

std::string grpc_snake_name(uint32_t status) {
  return status < kCamelNames.size() ? GrpcStatuses::kNames[status] : std::to_string(status);
}

std::optional<Millis> grpc_timeout(const Headers& headers) noexcept {
  const Field* field = headers.find(std::string_view("grpc-timeout"));
  constexpr size_t kDigitsMax = 8;
  constexpr std::chrono::hours kFarthest(24 * 365 * 100);  // beyond it nanoseconds overflow
  if (field == nullptr || field->value.size() < 2 || field->value.size() > kDigitsMax + 1) {
    return std::nullopt;
  }
  const std::string_view digits = field->value.substr(0, field->value.size() - 1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) {
    return std::nullopt;
  }
  switch (field->value.back()) {
    case 'H':
      return std::min(std::chrono::hours(number), kFarthest);
    case 'M':
      return std::chrono::minutes(number);
    case 'S':
      return std::chrono::seconds(number);
    case 'm':
      return Millis(number);
    case 'u':
      return std::chrono::ceil<Millis>(std::chrono::microseconds(number));
    case 'n':
      return std::chrono::ceil<Millis>(std::chrono::nanoseconds(number));
    default:
      return std::nullopt;
  }
}

std::string grpc_timeout_value(Millis time) {
  constexpr int64_t kMost = 99'999'999;
  if (time.count() <= kMost) return std::to_string(time.count()) + 'm';
  const int64_t seconds = time.count() / 1000;
  if (seconds <= kMost) return std::to_string(seconds) + 'S';
  return std::to_string(std::min(seconds / 3600, kMost)) + 'H';
}

uint32_t grpc_status_of(uint16_t http_status) noexcept {
  switch (http_status) {
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

void make_grpc_answer(ResponseHead& head, std::string_view text, uint32_t status) {
  head.headers.set("grpc-status", std::to_string(status));
  if (!text.empty()) head.headers.set("grpc-message", escape(text));
  head.headers.set("content-type", "application/grpc");
  head.status = 200;
}

}  // namespace gnomon::proxy
