// A socket address: IPv4 or IPv6 with a port, or a Unix socket.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <memory>
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

  // A Unix socket by its path, or by "@name" in the abstract namespace. Nothing when that is empty
  // or too long for the system.
  static std::optional<Address> pipe(const std::string& path);

  const sockaddr* data() const noexcept {
    if (pipe_ != nullptr) return reinterpret_cast<const sockaddr*>(pipe_.get());
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  socklen_t size() const noexcept { return size_; }
  int family() const noexcept { return data()->sa_family; }
  bool is_pipe() const noexcept { return pipe_ != nullptr; }
  uint16_t port() const noexcept;
  void set_port(uint16_t port) noexcept;

  // "127.0.0.1", "::1"; IPv4 addresses that came over a dual-stack socket read as IPv4. The path of
  // a Unix socket.
  std::string ip() const;
  // "127.0.0.1:80", "[::1]:80", "/run/app.sock"
  std::string to_string() const;

  bool operator==(const Address& other) const noexcept;

 private:
  union {
    sockaddr_in6 v6;
    sockaddr_in v4;
  } storage_{};
  std::shared_ptr<const sockaddr_un> pipe_;  // rare and large, so not in every address
  socklen_t size_ = 0;
};

}  // namespace gnomon::net
