#include "proxy/proxy_header.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

namespace gnomon::proxy {
namespace {

constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr char kLocal = 0x20;
constexpr char kProxy = 0x21;
constexpr char kTcp4 = 0x11;
constexpr char kTcp6 = 0x21;

bool is_v4(const net::Address& address) {
  return address.size() != 0 && !address.is_pipe() && address.ip().find(':') == std::string::npos;
}

// 16 bytes; an IPv4 address in its IPv6 form, for a pair that is mixed.
std::string v6_bytes(const net::Address& address) {
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    return {reinterpret_cast<const char*>(&v6->sin6_addr), sizeof(v6->sin6_addr)};
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.data());
  std::string bytes(10, '\0');
  bytes += "\xff\xff";
  bytes.append(reinterpret_cast<const char*>(&v4->sin_addr), sizeof(v4->sin_addr));
  return bytes;
}

std::string v4_bytes(const net::Address& address) { return v6_bytes(address).substr(12); }

void put_16(std::string& out, uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value & 0xff));
}

std::string header_v1(const Origin& origin) {
  const bool v4 = is_v4(origin.client);
  if (v4 != is_v4(origin.gateway)) return "PROXY UNKNOWN\r\n";
  return fmt::format("PROXY {} {} {} {} {}\r\n", v4 ? "TCP4" : "TCP6", origin.client.ip(),
                     origin.gateway.ip(), origin.client.port(), origin.gateway.port());
}

std::string header_v2(const Origin& origin) {
  const bool v4 = is_v4(origin.client) && is_v4(origin.gateway);
  std::string addresses = v4 ? v4_bytes(origin.client) + v4_bytes(origin.gateway)
                             : v6_bytes(origin.client) + v6_bytes(origin.gateway);
  put_16(addresses, origin.client.port());
  put_16(addresses, origin.gateway.port());
  std::string out(kSignature);
  out.push_back(kProxy);
  out.push_back(v4 ? kTcp4 : kTcp6);
  put_16(out, static_cast<uint16_t>(addresses.size()));
  return out + addresses;
}

}  // namespace

std::string proxy_header(routing::ProxyProtocol version, const Origin& origin) {
  const auto known = [](const net::Address& end) { return end.size() != 0 && !end.is_pipe(); };
  const bool spoken_for = known(origin.client) && known(origin.gateway);
  switch (version) {
    case routing::ProxyProtocol::none:
      return {};
    case routing::ProxyProtocol::v1:
      return spoken_for ? header_v1(origin) : "PROXY UNKNOWN\r\n";
    case routing::ProxyProtocol::v2:
      if (spoken_for) return header_v2(origin);
      return std::string(kSignature) + kLocal + std::string(3, '\0');
  }
  return {};
}

}  // namespace gnomon::proxy
