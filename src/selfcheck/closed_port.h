// A port at which nobody listens, and nobody else will: connections to it are refused.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <expected>
#include <string>

#include "net/address.h"
#include "selfcheck/descriptor.h"

namespace gnomon::selfcheck {

class ClosedPort {
 public:
  // Bound, and never told to listen.
  std::expected<void, std::string> take(const net::Address& at) {
    socket_ = Descriptor(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    auto* const place = reinterpret_cast<sockaddr*>(&bound);
    if (socket_.get() < 0 || ::bind(socket_.get(), at.data(), at.size()) != 0 ||
        ::getsockname(socket_.get(), place, &size) != 0) {
      return std::unexpected("cannot take a port: " + std::string(std::strerror(errno)));
    }
    port_ = net::Address(place, size).port();
    return {};
  }
  uint16_t port() const noexcept { return port_; }

 private:
  Descriptor socket_;
  uint16_t port_ = 0;
};

}  // namespace gnomon::selfcheck
