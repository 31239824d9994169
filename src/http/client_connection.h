// What a pool knows about a connection to a backend, whatever version of HTTP it speaks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/client.h"
#include "http/read_buffer.h"
#include "net/event_loop.h"
#include "net/stream.h"

namespace gnomon::http {

class ClientConnection;

// The pool. Calls come on the loop's thread, never from inside a call that the owner made.
class ClientOwner {
 public:
  virtual void on_connected(ClientConnection& connection) = 0;
  // An exchange has ended and the connection may serve the next.
  virtual void on_idle(ClientConnection& connection) = 0;
  // The stream is closed. The connection must be destroyed, but not before the caller's stack has
  // unwound. `connect_error` is set when it never came to be open.
  virtual void on_closed(ClientConnection& connection, const Error* connect_error) = 0;

 protected:
  ~ClientOwner() = default;
};

// What an HTTP/2 backend is taken to allow until it has said so (RFC 9113 section 6.5.2 recommends
// it as the least).
inline constexpr uint32_t kStreamsExpected = 100;

struct ClientContext {
  net::EventLoop& loop;
  ReadBuffer& read_buffer;
  const ClientSettings& settings;
  net::Lane lane;  // background for everything that belongs to a shadow
  uint32_t streams_expected = kStreamsExpected;
};

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  // Begins an exchange on an idle connection.
  virtual ClientStream& start(ResponseHandler& handler) = 0;
  // Closes without a word; on_closed follows. An exchange in progress hears nothing.
  virtual void close() = 0;
  virtual TimePoint idle_since() const noexcept = 0;
  // It speaks HTTP/2: exchanges share it, and a backend says which of them it has not looked at.
  virtual bool speaks_http2() const noexcept { return false; }
  // Where exchanges share a connection: how many more may be started now, and whether there are
  // none. on_idle() then says that there is room again.
  virtual uint32_t room() const noexcept { return 0; }
  virtual bool idle() const noexcept { return false; }
  // How many exchanges an HTTP/2 backend allows at once, as soon as it has said so.
  virtual std::optional<uint32_t> streams_allowed() const noexcept { return std::nullopt; }
  // Of a connection that never came to be open because of TLS; else null.
  virtual const tls::HandshakeFailure* handshake_failure() const noexcept = 0;
};

// `preface` is what the connection says before its first request, such as a PROXY protocol header.
std::unique_ptr<ClientConnection> make_client_h1(const ClientContext& context, ClientOwner& owner,
                                                 std::unique_ptr<net::Stream> stream,
                                                 Duration connect_timeout,
                                                 std::string_view preface = {});

// Up to `depth` requests under way at once, sent without waiting for answers (RFC 9112 section
// 9.3.2). For copies alone: a request may be lost on account of another, with Errc::canceled, and
// none is an offer to upgrade.
std::unique_ptr<ClientConnection> make_client_h1_pipeline(const ClientContext& context,
                                                          ClientOwner& owner,
                                                          std::unique_ptr<net::Stream> stream,
                                                          Duration connect_timeout,
                                                          std::string_view preface, uint32_t depth);

std::unique_ptr<ClientConnection> make_client_h2(const ClientContext& context, ClientOwner& owner,
                                                 std::unique_ptr<net::Stream> stream,
                                                 Duration connect_timeout,
                                                 std::string_view preface = {});

}  // namespace gnomon::http
