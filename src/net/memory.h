// A network in memory for tests in virtual time: streams with bounded buffers, addresses that
// refuse or swallow connections, no sockets and no waiting.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "net/stream.h"

namespace gnomon::net {

class MemoryNetwork final : public Network {
 public:
  explicit MemoryNetwork(EventLoop& loop) : loop_(loop) {}

  Result<std::unique_ptr<Stream>> connect(const Address& to, Lane lane,
                                          const Keepalive& keepalive) override;
  std::expected<std::unique_ptr<Acceptor>, std::string> listen(const Address& at,
                                                               AcceptCallback accept) override;

  // Connections to this address stay in progress for ever.
  void black_hole(const Address& at) { black_holes_.insert(at.to_string()); }
  // Bytes that each direction of a new connection can hold.
  void set_buffer_bytes(size_t bytes) noexcept { buffer_bytes_ = bytes; }
  // Two connected ends without an address, for tests of one side.
  std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pair(Lane first = Lane::live,
                                                                        Lane second = Lane::live);
  size_t connections_made() const noexcept { return connections_made_; }

 private:
  friend class MemoryAcceptor;

  EventLoop& loop_;
  std::map<std::string, AcceptCallback> listeners_;
  std::set<std::string> black_holes_;
  size_t buffer_bytes_ = size_t{64} * 1024;
  size_t connections_made_ = 0;
};

}  // namespace gnomon::net
