#include "net/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>

namespace gnomon::net {
namespace {

constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kLineMax = 107;    // of version 1, with its CRLF
constexpr size_t kFixedBytes = 16;  // of version 2

bool begins(std::string_view bytes, std::string_view signature) noexcept {
  const size_t n = std::min(bytes.size(), signature.size());
  return bytes.substr(0, n) == signature.substr(0, n);
}

// The next word of the line; exactly one space separates words.
std::optional<std::string_view> take_word(std::string_view& line) noexcept {
  const size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  if (word.empty()) return std::nullopt;
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// Decimal without leading zeros.
std::optional<uint16_t> parse_port(std::string_view word) noexcept {
  uint16_t port = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, port);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (word.size() > 1 && word.front() == '0') return std::nullopt;
  return port;
}

std::optional<Address> make_address(std::string_view ip, std::string_view port, int family) {
  const auto number = parse_port(port);
  if (!number) return std::nullopt;
  auto address = Address::parse(std::string(ip), *number);
  if (!address || address->family() != family) return std::nullopt;
  return address;
}

// "TCP4 192.0.2.1 192.0.2.2 56324 443", without its CRLF.
bool parse_line(std::string_view line, ProxyHeader& out) {
  const auto protocol = take_word(line);
  if (!protocol) return false;
  if (*protocol == "UNKNOWN") return true;  // whatever follows is to be ignored
  const bool v4 = *protocol == "TCP4";
  if (!v4 && *protocol != "TCP6") return false;
  std::array<std::string_view, 4> words;
  for (std::string_view& word : words) {
    const auto taken = take_word(line);
    if (!taken) return false;
    word = *taken;
  }
  if (!line.empty()) return false;
  const int family = v4 ? AF_INET : AF_INET6;
  out.client = make_address(words[0], words[2], family);
  out.meant = make_address(words[1], words[3], family);
  return out.client.has_value() && out.meant.has_value();
}

ProxyParse parse_version1(std::string_view bytes, ProxyHeader& out) {
  const std::string_view head = bytes.substr(0, kLineMax);
  const size_t end = head.find("\r\n");
  if (end == std::string_view::npos) {
    const size_t stray = head.find_first_of(std::string_view("\n\0", 2));
    const bool hopeless = head.size() == kLineMax || stray != std::string_view::npos;
    return hopeless ? ProxyParse::failed : ProxyParse::more;
  }
  const std::string_view line = head.substr(kSignature1.size(), end - kSignature1.size());
  if (!parse_line(line, out)) return ProxyParse::failed;
  out.bytes = end + 2;
  return ProxyParse::done;
}

uint16_t big_endian(const char* at) noexcept {
  return static_cast<uint16_t>(static_cast<unsigned char>(at[0]) << 8 |
                               static_cast<unsigned char>(at[1]));
}

Address address_of(const char* ip, const char* port, int family) noexcept {
  if (family == AF_INET) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, ip, 4);
    std::memcpy(&v4.sin_port, port, 2);
    return {reinterpret_cast<const sockaddr*>(&v4), sizeof(v4)};
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, ip, 16);
  std::memcpy(&v6.sin6_port, port, 2);
  return {reinterpret_cast<const sockaddr*>(&v6), sizeof(v6)};
}

// Both addresses, then both ports.
bool take_addresses(std::string_view block, size_t ip_bytes, int family, ProxyHeader& out) {
  if (block.size() < 2 * ip_bytes + 4) return false;
  const char* const at = block.data();
  out.client = address_of(at, at + 2 * ip_bytes, family);
  out.meant = address_of(at + ip_bytes, at + 2 * ip_bytes + 2, family);
  return true;
}

bool parse_block(uint8_t command, uint8_t transport, std::string_view block, ProxyHeader& out) {
  if (command == 0) return true;  // LOCAL: a health check of the balancer's own
  if (command != 1) return false;
  switch (transport) {
    case 0x00:  // UNSPEC
    case 0x31:  // UNIX, which has no addresses of ours
      return true;
    case 0x11:
      return take_addresses(block, 4, AF_INET, out);
    case 0x21:
      return take_addresses(block, 16, AF_INET6, out);
    default:
      return false;  // datagrams do not come over TCP
  }
}

ProxyParse parse_version2(std::string_view bytes, ProxyHeader& out) {
  if (bytes.size() < kFixedBytes) return ProxyParse::more;
  const auto version_and_command = static_cast<uint8_t>(bytes[12]);
  const size_t size = kFixedBytes + big_endian(bytes.data() + 14);
  if (version_and_command >> 4 != 2 || size > kProxyHeaderMax) return ProxyParse::failed;
  if (bytes.size() < size) return ProxyParse::more;
  const std::string_view block = bytes.substr(kFixedBytes, size - kFixedBytes);
  const auto command = static_cast<uint8_t>(version_and_command & 15);
  if (!parse_block(command, static_cast<uint8_t>(bytes[13]), block, out)) {
    return ProxyParse::failed;
  }
  out.bytes = size;
  return ProxyParse::done;
}

}  // namespace

ProxyParse parse_proxy_header(std::string_view bytes, ProxyHeader& out) {
  out = ProxyHeader();
  if (bytes.empty()) return ProxyParse::more;
  const bool one = begins(bytes, kSignature1);
  if (!one && !begins(bytes, kSignature2)) return ProxyParse::absent;
  if (bytes.size() < (one ? kSignature1 : kSignature2).size()) return ProxyParse::more;
  return one ? parse_version1(bytes, out) : parse_version2(bytes, out);
}

}  // namespace gnomon::net
