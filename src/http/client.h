// The backend's side of an exchange, the same for every version of HTTP: the mirror image of
// http/server.h.
#pragma once

#include "base/chunk.h"
#include "base/result.h"
#include "http/h1_common.h"
#include "http/h2_common.h"
#include "http/h2_heartbeat.h"
#include "msg/head.h"

namespace gnomon::http {

// What comes back. After on_response_end or on_response_error nothing more follows and the
// ClientStream is gone, but for an upgraded connection: there on_response_end means that the
// backend has closed its half, and the stream stays until send_end or cancel.
class ResponseHandler {
 public:
  virtual void on_interim(ResponseHead head) = 0;
  virtual void on_response_head(ResponseHead head) = 0;
  virtual void on_response_body(Chunk chunk) = 0;
  virtual void on_response_end(Headers trailers) = 0;
  virtual void on_response_error(Error error) = 0;
  // unsent() has fallen below the low-water mark again.
  virtual void on_backend_writable() = 0;

 protected:
  ~ResponseHandler() = default;
};

// One request to a backend. Call order: send_head, send_body*, send_end; or cancel() at any point,
// after which the handler hears nothing more and the stream must not be used.
class ClientStream {
 public:
  virtual void send_head(const RequestHead& head) = 0;
  virtual void send_body(Chunk chunk) = 0;
  virtual void send_end(const Headers& trailers) = 0;
  virtual void cancel() = 0;

  // Stops and restarts the flow of on_response_body.
  virtual void pause() = 0;
  virtual void resume() = 0;
  virtual size_t unsent() const noexcept = 0;
  // Memory kept alive by what is unsent, for budgets.
  virtual size_t pinned_bytes() const noexcept = 0;
  // Copies unsent slices that pin much more than they hold.
  virtual void compact_unsent() = 0;
  // True when the connection had served another exchange before this one.
  virtual bool reused() const noexcept = 0;
  // False while answers to others have to come first.
  virtual bool in_turn() const noexcept { return true; }

 protected:
  ~ClientStream() = default;
};

struct ClientSettings {
  H1Limits h1;  // those of heads hold for HTTP/2 too
  H2Limits h2{.streams_max = UINT32_MAX, .stream_window = 262'144, .connection_window = 1'048'576};
  H2HeartbeatRules heartbeat;
  size_t unsent_high_bytes = size_t{128} * 1024;
  size_t unsent_low_bytes = size_t{32} * 1024;
  bool proper_case = false;  // Field-Names-Like-This
};

}  // namespace gnomon::http
