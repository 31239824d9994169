// A client's connection while its TLS handshake goes on.
#pragma once

#include <functional>
#include <memory>

#include "net/stream.h"
#include "net/timer.h"
#include "net/tls_stream.h"
#include "tls/server_context.h"

namespace gnomon::net {

// Says once how the handshake ended; it may be destroyed as soon as the caller's stack has unwound.
class TlsAccept final : private StreamHandler {
 public:
  enum class Outcome : uint8_t { ready, refused };
  using Done = std::function<void(TlsAccept&, Outcome)>;

  TlsAccept(EventLoop& loop, HandshakeTurns& turns, std::unique_ptr<Stream> stream,
            tls::ServerContextsPtr contexts, Duration limit, Done done);
  ~TlsAccept();

  // Once, after `ready`.
  std::unique_ptr<Stream> take_stream();
  // After `refused`.
  std::string failure() const;
  const Address& peer() const noexcept { return stream_->peer(); }

 private:
  void on_stream_ready() override;
  void finish(Outcome outcome);

  const tls::ServerContextsPtr contexts_;  // before the stream that was made from it
  const Done done_;
  Timer timer_;
  std::unique_ptr<TlsStream> stream_;
  bool over_ = false;
  bool late_ = false;
};

}  // namespace gnomon::net
