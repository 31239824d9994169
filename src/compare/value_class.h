// What kind of thing a text is, for values that differ on every call and are right all the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gnomon::compare {

enum class ValueClass : uint8_t {
  uuid,       // 8-4-4-4-12 hexadecimal digits, perhaps in braces or after urn:uuid:
  timestamp,  // RFC 3339, a date of HTTP, or seconds, milli-, micro- or nanoseconds since 1970
  ip,         // IPv4 or IPv6
  etag,       // RFC 9110 section 8.8.3
  host,       // a DNS name or an address, perhaps with a port
};

bool is_of_class(std::string_view text, ValueClass value_class) noexcept;

using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
std::optional<Time> parse_time(std::string_view text) noexcept;

}  // namespace gnomon::compare
