// TCP over the event loop.
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"

namespace gnomon::net {

// One per worker; every acceptor uses SO_REUSEPORT, so that each worker has a socket of its own.
class TcpNetwork final : public Network {
 public:
  explicit TcpNetwork(EventLoop& loop) : loop_(loop) {}
  Result<std::unique_ptr<Stream>> connect(const Address& to, Lane lane,
                                          const Keepalive& keepalive) override;
  std::expected<std::unique_ptr<Acceptor>, std::string> listen(const Address& at,
                                                               AcceptCallback accept) override;

 private:
  EventLoop& loop_;
};

// Whether nobody listens at an address yet, by binding it for a moment. Returns the address with
// the port that was chosen where `at` asks for port 0; "::" falls back to IPv4 on a host without
// IPv6.
std::expected<Address, std::string> probe_bind(const Address& at);

// The first IPv4 address of this host that is not a loopback one, else "127.0.0.1".
std::string host_ip();

}  // namespace gnomon::net
