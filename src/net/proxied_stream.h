// A connection that came through a balancer speaking the PROXY protocol. The header is read first;
// what is left is a stream like any other, whose peer is the client that the header names.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/event_loop.h"
#include "net/proxy_protocol.h"
#include "net/stream.h"
#include "net/timer.h"

namespace gnomon::net {

// Reads one header, then says so, once; it may be destroyed as soon as the caller's stack has
// unwound.
class ProxyHeaderReader final : private StreamHandler {
 public:
  enum class Outcome : uint8_t { ready, refused };
  using Done = std::function<void(ProxyHeaderReader&, Outcome)>;

  // With `optional`, a connection without a header is let through as it is.
  ProxyHeaderReader(EventLoop& loop, std::unique_ptr<Stream> stream, bool optional, Duration limit,
                    Done done);
  ~ProxyHeaderReader();

  // Once, after `ready`.
  std::unique_ptr<Stream> take_stream();

 private:
  void on_stream_ready() override;
  void read_some();
  void finish(Outcome outcome);

  EventLoop& loop_;
  std::unique_ptr<Stream> stream_;
  const bool optional_;
  const Done done_;
  Timer timer_;
  std::string bytes_;
  ProxyHeader header_;
};

}  // namespace gnomon::net
