// What a worker knows about a client connection, whatever version of HTTP it speaks.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "http/read_buffer.h"
#include "http/server.h"
#include "net/event_loop.h"
#include "net/stream.h"

namespace gnomon::http {

class ServerConnection;

// Keeps the connections of one worker.
class ServerOwner {
 public:
  // The connection has closed its stream. It must be destroyed, but not before the caller's stack
  // has unwound.
  virtual void on_closed(ServerConnection& connection) = 0;

 protected:
  ~ServerOwner() = default;
};

// Everything a server connection borrows from its worker; outlives every connection.
struct ServerContext {
  net::EventLoop& loop;
  ReadBuffer& read_buffer;
  const ServerSettings& settings;
  Service& service;
  ServerOwner& owner;
};

class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
  // Takes no further request: closes now if idle, else after the exchange in progress.
  virtual void drain() = 0;
  // Closes whatever is in progress; the client sees a reset.
  virtual void close_now() = 0;
  virtual bool idle() const noexcept = 0;
  // Since when it has been waiting for another request, if close_idle() would close it at once.
  virtual std::optional<TimePoint> idle_since() const noexcept = 0;
  // Makes room for another connection.
  virtual void close_idle() { drain(); }
};

// What an HTTP/2 client says first (RFC 9113 section 3.4).
inline constexpr std::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Gets a connection whose first bytes turned out to be HTTP/2, with all that was read of it.
class PrefaceSink {
 public:
  virtual void on_preface(std::unique_ptr<net::Stream> stream, Chunk read, bool draining) = 0;

 protected:
  ~PrefaceSink() = default;
};

// Unique in the process; never 0.
uint64_t next_connection_id() noexcept;

// Speaks HTTP/2 where TLS has agreed on it, else what the settings' codec says; where that is
// automatic, HTTP/2 if the first bytes are its preface, else HTTP/1.
std::unique_ptr<ServerConnection> make_server_connection(ServerContext& context,
                                                         std::unique_ptr<net::Stream> stream);

// `preface_sink` may be null.
std::unique_ptr<ServerConnection> make_server_h1(ServerContext& context,
                                                 std::unique_ptr<net::Stream> stream,
                                                 PrefaceSink* preface_sink = nullptr);
// `read`: bytes that have been read already.
std::unique_ptr<ServerConnection> make_server_h2(ServerContext& context,
                                                 std::unique_ptr<net::Stream> stream,
                                                 Chunk read = {});

}  // namespace gnomon::http
