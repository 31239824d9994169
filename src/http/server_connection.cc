#include "http/server_connection.h"

#include <atomic>
#include <utility>

namespace gnomon::http {
namespace {

// Begins as HTTP/1 and becomes HTTP/2 when the client's first bytes say so. The worker knows it as
// one connection throughout.
class ServerEither final : public ServerConnection, private ServerOwner, private PrefaceSink {
 public:
  ServerEither(const ServerContext& context, std::unique_ptr<net::Stream> stream)
      : owner_(context.owner),
        context_{context.loop, context.read_buffer, context.settings, context.service, *this},
        drop_([this] { replaced_.reset(); }),
        inner_(make_server_h1(context_, std::move(stream), this)) {}

  void drain() override { inner_->drain(); }
  void close_now() override { inner_->close_now(); }
  bool idle() const noexcept override { return inner_->idle(); }
  std::optional<TimePoint> idle_since() const noexcept override { return inner_->idle_since(); }
  void close_idle() override { inner_->close_idle(); }

 private:
  void on_closed(ServerConnection& /*inner*/) override { owner_.on_closed(*this); }

  void on_preface(std::unique_ptr<net::Stream> stream, Chunk read, bool draining) override {
    replaced_ = std::move(inner_);
    context_.loop.schedule(drop_, net::Lane::live);
    inner_ = make_server_h2(context_, std::move(stream), std::move(read));
    if (draining) inner_->drain();
  }

  ServerOwner& owner_;
  ServerContext context_;
  net::Task drop_;
  std::unique_ptr<ServerConnection> replaced_;  // its functions are still on the stack
  std::unique_ptr<ServerConnection> inner_;
};

}  // namespace

uint64_t next_connection_id() noexcept {
  static std::atomic<uint64_t> last = 0;
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::unique_ptr<ServerConnection> make_server_connection(ServerContext& context,
                                                         std::unique_ptr<net::Stream> stream) {
  // What was agreed on in the TLS handshake is not to be guessed.
  if (stream->alpn() == "h2") return make_server_h2(context, std::move(stream));
  switch (context.settings.codec) {
    case Codec::http1:
      return make_server_h1(context, std::move(stream));
    case Codec::http2:
      return make_server_h2(context, std::move(stream));
    case Codec::automatic:
      break;
  }
  return std::make_unique<ServerEither>(context, std::move(stream));
}

}  // namespace gnomon::http
