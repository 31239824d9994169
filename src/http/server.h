// The client's side of an exchange, the same for every version of HTTP. A server connection parses
// requests and hands each to a RequestHandler, which answers through the ServerStream.
#pragma once

#include <memory>

#include "base/chunk.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/token_bucket.h"
#include "http/h1_common.h"
#include "http/h2_common.h"
#include "http/h2_heartbeat.h"
#include "msg/head.h"
#include "net/address.h"
#include "tls/facts.h"

namespace gnomon::http {

// Where an answer goes. Lives in the connection; valid as long as the RequestHandler it was given
// to. Call order: send_interim*, send_head, send_body*, send_end; or reset() at any point.
// What belongs to a client's connection rather than to one of its requests.
struct ConnectionScope {
  uint64_t id = 0;                            // unique in the process; 0: not known
  std::unique_ptr<TokenBucket> request_rate;  // null: no limit of its own
  net::Address local;                         // the gateway's end; empty: nobody asked for it yet
};

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
  // From now on it is the handler that ends this exchange when no byte moves for too long.
  virtual void leave_idling_to_handler() = 0;
  // ... and when it lasts too long altogether.
  virtual void leave_duration_to_handler() = 0;
  virtual const net::Address& peer() const noexcept = 0;
  // The peer's address without its port, formatted once per connection.
  virtual std::string_view peer_ip() const noexcept = 0;
  // The gateway's end of the connection; empty where there is none. Asks the kernel.
  virtual net::Address local() const noexcept { return {}; }
  // Of the client's connection; null where it is clear text.
  virtual const tls::TlsFacts* tls() const noexcept { return nullptr; }
  // The same for all streams of a connection.
  ConnectionScope& connection() noexcept { return connection_; }
  // The connection takes no further request. Before send_head().
  virtual void close_after_answer() noexcept {}

 protected:
  explicit ServerStream(ConnectionScope& connection) noexcept : connection_(connection) {}
  ~ServerStream() = default;

 private:
  ConnectionScope& connection_;
};

// One request as it arrives. Owned by the connection, which destroys it once its answer has ended
// and has left for the kernel, whatever is left of the request; or soon after on_client_gone. So a
// handler that is destroyed without on_client_gone was answered whole, as far as we can know.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual void on_body(Chunk chunk) = 0;
  virtual void on_request_end(Headers trailers) = 0;
  // The client reset, vanished, broke framing in the middle of its body, or took too long. At most
  // once; maybe after send_end(), as long as bytes are unsent(): those will never be sent.
  virtual void on_client_gone(Error error) = 0;
  // unsent() has fallen below the low-water mark again.
  virtual void on_client_writable() = 0;
};

class Service {
 public:
  virtual std::unique_ptr<RequestHandler> on_request(ServerStream& stream, RequestHead head) = 0;
  // A request that was refused before it became one; the connection has answered it itself.
  virtual void on_refused(const net::Address& peer, const ProtocolError& error) = 0;
  // An HTTP/2 connection was ended because its client made us do too much for nothing.
  virtual void on_flood(const net::Address& /*peer*/, H2Flood /*kind*/) {}

 protected:
  ~Service() = default;
};

// Which versions of HTTP a listener takes in clear.
enum class Codec : uint8_t { automatic, http1, http2 };

// May change between two requests of a connection.
struct ServerSettings {
  Codec codec = Codec::automatic;
  H1Limits h1;  // those of heads hold for HTTP/2 too
  H2Limits h2;  // as they were when a connection began, and so the next
  H2HeartbeatRules heartbeat{.quiet = Millis(60'000), .again = Millis(60'000)};
  H1RequestRules rules;
  Millis header_timeout{10'000};        // from the first byte of a head to its last; 408; 0 = none
  Millis idle_timeout{60'000};          // between two requests of a connection; 0 = none
  Millis request_timeout{300'000};      // from the head to the last byte of the body; 408; 0 = none
  Millis stream_idle_timeout{300'000};  // no byte in either direction during an exchange; 0 = none
  Millis linger_timeout{2'000};         // for the client to take our last bytes; 0 = not at all
  Millis drain_timeout{1'000};          // HTTP/2: for a client to hear that no stream may follow
  Millis max_connection_duration{0};    // then it takes no further request; 0 = no limit
  Millis max_stream_duration{0};        // of a whole exchange; 504, 408 or a reset; 0 = no limit
  uint32_t max_requests = 0;            // of one connection; 0 = no limit
  uint64_t request_body_bytes_max = 0;  // 413 beyond; 0 = no limit
  bool trailers = true;                 // false: dropped in both directions
  bool proper_case = false;             // names of fields in answers: Content-Length
  size_t unsent_high_bytes = size_t{128} * 1024;
  size_t unsent_low_bytes = size_t{32} * 1024;
};

}  // namespace gnomon::http
