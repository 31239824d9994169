// The client's side of an exchange, the same for every version of HTTP. A server connection parses
// requests and hands each to a RequestHandler, which answers through the ServerStream.
#pragma once

#include <memory>

#include "base/chunk.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/h1_common.h"
#include "msg/head.h"
#include "net/address.h"

namespace gnomon::http {

// Where an answer goes. Lives in the connection; valid as long as the RequestHandler it was given
// to. Call order: send_interim*, send_head, send_body*, send_end; or reset() at any point.
class ServerStream {
 public:
  virtual void send_interim(const ResponseHead& head) = 0;
  virtual void send_head(const ResponseHead& head) = 0;
  virtual void send_body(Chunk chunk) = 0;
  virtual void send_end(const Headers& trailers) = 0;
  // The answer cannot be completed: the client must see a broken message, never a short whole one.
  virtual void reset() = 0;

  // Stops and restarts the flow of on_body.
  virtual void pause() = 0;
  virtual void resume() = 0;
  // Bytes accepted by send_body that the client has not taken yet.
  virtual size_t unsent() const noexcept = 0;
  virtual const net::Address& peer() const noexcept = 0;
  // The peer's address without its port, formatted once per connection.
  virtual std::string_view peer_ip() const noexcept = 0;

 protected:
  ~ServerStream() = default;
};

// One request as it arrives. Owned by the connection, which destroys it once both directions have
// ended, or right after on_client_gone.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual void on_body(Chunk chunk) = 0;
  virtual void on_request_end(Headers trailers) = 0;
  // The client reset, vanished, broke framing in the middle of its body, or took too long.
  virtual void on_client_gone(Error error) = 0;
  // unsent() has fallen below the low-water mark again.
  virtual void on_client_writable() = 0;
};

class Service {
 public:
  virtual std::unique_ptr<RequestHandler> on_request(ServerStream& stream, RequestHead head) = 0;
  // A request that was refused before it became one; the connection has answered it itself.
  virtual void on_refused(const net::Address& peer, const ProtocolError& error) = 0;

 protected:
  ~Service() = default;
};

struct ServerSettings {
  H1Limits h1;
  Millis header_timeout{10'000};        // from the first byte of a head to its last; 408
  Millis idle_timeout{60'000};          // between two requests of a connection
  Millis request_timeout{300'000};      // from the head to the last byte of the body; 408; 0 = none
  Millis stream_idle_timeout{300'000};  // no byte in either direction during an exchange; 0 = none
  uint64_t request_body_bytes_max = 0;  // 413 beyond; 0 = no limit
  size_t unsent_high_bytes = size_t{128} * 1024;
  size_t unsent_low_bytes = size_t{32} * 1024;
};

}  // namespace gnomon::http
