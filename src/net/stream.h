// A connected byte stream, and the seam through which streams come: TCP in production, memory in
// tests.
#pragma once

#include <sys/uio.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"
#include "net/event_loop.h"

namespace gnomon::tls {
struct TlsFacts;
struct HandshakeFailure;
}  // namespace gnomon::tls

namespace gnomon::net {

struct IoResult {
  enum class Status : uint8_t { ok, would_block, eof, error };
  Status status = Status::ok;
  size_t bytes = 0;          // with ok; never 0 for a read
  Errc error = Errc::reset;  // with error
};

// Told when a stream may have become connected, readable, writable or broken. The handler then
// tries what it wants to do; the flags of the stream say what is worth trying.
class StreamHandler {
 public:
  virtual void on_stream_ready() = 0;

 protected:
  ~StreamHandler() = default;
};

// Owned by one connection. Destroying it closes it. All calls on the loop's thread.
class Stream {
 public:
  enum class State : uint8_t { connecting, open, failed };

  virtual ~Stream() = default;
  virtual void set_handler(StreamHandler* handler) noexcept = 0;
  virtual State state() const noexcept = 0;
  virtual Errc connect_error() const noexcept = 0;  // in state failed

  virtual bool readable() const noexcept = 0;  // a read may give something
  virtual bool writable() const noexcept = 0;
  virtual bool peer_closed() const noexcept = 0;  // a FIN or RST has been seen, data may be left
  virtual bool broken() const noexcept = 0;       // both directions are gone

  virtual IoResult read(char* to, size_t size) = 0;
  virtual IoResult write(const struct iovec* parts, int count) = 0;
  virtual void shutdown_write() = 0;
  // The peer shall see a reset, not a clean end. The stream is unusable afterwards.
  virtual void abort() = 0;

  virtual const Address& peer() const noexcept = 0;
  // Our own end; empty when it is not known.
  virtual Address local() const noexcept = 0;

  // The protocol that both ends agreed upon by ALPN; empty: none, or not TLS.
  virtual std::string_view alpn() const noexcept { return {}; }
  // Of the TLS session, once it stands; null for plain streams.
  virtual const tls::TlsFacts* tls() const noexcept { return nullptr; }
  // Of a TLS handshake that has failed, or that is not over yet; else null.
  virtual const tls::HandshakeFailure* handshake_failure() const noexcept { return nullptr; }
};

// Called for each accepted connection.
using AcceptCallback = std::function<void(std::unique_ptr<Stream>)>;

// Owned by a worker. Destroying it stops listening.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  virtual const Address& local() const noexcept = 0;
};

// TCP keepalive probes of a connection; what is 0 is left to the system.
struct Keepalive {
  bool on = false;
  uint32_t probes = 0;
  uint32_t time_s = 0;
  uint32_t interval_s = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  // Starts a connection; the handler hears when it is open or has failed.
  virtual Result<std::unique_ptr<Stream>> connect(const Address& to, Lane lane,
                                                  const Keepalive& keepalive) = 0;
  // An error's text names what the operating system refused.
  virtual std::expected<std::unique_ptr<Acceptor>, std::string> listen(const Address& at,
                                                                       AcceptCallback accept) = 0;
};

}  // namespace gnomon::net
