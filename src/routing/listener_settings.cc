#include "routing/listener_settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace gnomon::routing {

bool AddressRange::contains(const std::array<uint8_t, 16>& address) const noexcept {
  const size_t whole = bits / 8;
  if (!std::equal(prefix.begin(), prefix.begin() + whole, address.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<uint8_t>(0xFF << (8 - bits % 8));
  return (prefix[whole] & mask) == (address[whole] & mask);
}

std::optional<std::array<uint8_t, 16>> address_bytes(std::string_view ip) noexcept {
  char text[INET6_ADDRSTRLEN];
  if (ip.size() >= sizeof(text)) return std::nullopt;
  std::memcpy(text, ip.data(), ip.size());
  text[ip.size()] = '\0';
  std::array<uint8_t, 16> out{};
  if (inet_pton(AF_INET6, text, out.data()) == 1) return out;
  if (inet_pton(AF_INET, text, out.data() + 12) != 1) return std::nullopt;
  out[10] = out[11] = 0xFF;
  return out;
}

std::optional<AddressRange> parse_range(std::string_view prefix, uint32_t length) noexcept {
  constexpr uint32_t kV4Bits = 32;
  constexpr uint32_t kV6Bits = 128;
  const auto bytes = address_bytes(prefix);
  const bool v4 = prefix.find(':') == std::string_view::npos;
  if (!bytes || length > (v4 ? kV4Bits : kV6Bits)) return std::nullopt;
  return AddressRange{*bytes, static_cast<uint8_t>(length + (v4 ? kV6Bits - kV4Bits : 0))};
}

}  // namespace gnomon::routing
