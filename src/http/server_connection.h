// What a worker knows about a client connection, whatever version of HTTP it speaks.
#pragma once

#include <memory>
#include <optional>

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
  // Since when it has been waiting for another request, if drain() would close it at once.
  virtual std::optional<TimePoint> idle_since() const noexcept { return std::nullopt; }
};

std::unique_ptr<ServerConnection> make_server_h1(ServerContext& context,
                                                 std::unique_ptr<net::Stream> stream);

}  // namespace gnomon::http
