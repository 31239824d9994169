// A socket address: IPv4 or IPv6 with a port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gnomon::net {

class Address {
 public:
  Address() noexcept = default;
  Address(const sockaddr* address, socklen_t size) noexcept;

  // An IP literal without brackets; nothing is looked up.
  static std::optional<Address> parse(const std::string& ip, uint16_t port);

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  int family() const noexcept { return storage_.v6.sin6_family; }
  uint16_t port() const noexcept;
  void set_port(uint16_t port) noexcept;

  // "127.0.0.1", "::1"; IPv4 addresses that came over a dual-stack socket read as IPv4.
  std::string ip() const;
  // "127.0.0.1:80", "[::1]:80"
  std::string to_string() const;

  bool operator==(const Address& other) const noexcept;

 private:
  union {
    sockaddr_in6 v6;
    sockaddr_in v4;
  } storage_{};
  socklen_t size_ = 0;
};

}  // namespace gnomon::net
