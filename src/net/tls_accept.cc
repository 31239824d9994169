#include "net/tls_accept.h"

#include <utility>

namespace gnomon::net {

TlsAccept::TlsAccept(EventLoop& loop, HandshakeTurns& turns, std::unique_ptr<Stream> stream,
                     tls::ServerContextsPtr contexts, Duration limit, Done done)
    : contexts_(std::move(contexts)), done_(std::move(done)), timer_(loop.timers(), [this] {
        late_ = true;
        finish(Outcome::refused);
      }) {
  TlsStream::Side side;
  side.ssl = contexts_->accept();
  side.turns = &turns;
  stream_ = std::make_unique<TlsStream>(loop, std::move(stream), std::move(side));
  stream_->set_handler(this);
  timer_.arm(limit);
}

TlsAccept::~TlsAccept() {
  if (stream_ != nullptr) stream_->set_handler(nullptr);
}

std::unique_ptr<Stream> TlsAccept::take_stream() {
  stream_->set_handler(nullptr);
  return std::move(stream_);
}

std::string TlsAccept::failure() const {
  if (late_) return "it took too long";
  const tls::HandshakeFailure* failure = stream_->handshake_failure();
  return failure != nullptr ? failure->text : std::string();
}

void TlsAccept::on_stream_ready() {
  if (over_ || stream_->state() == Stream::State::connecting) return;
  finish(stream_->state() == Stream::State::open ? Outcome::ready : Outcome::refused);
}

void TlsAccept::finish(Outcome outcome) {
  over_ = true;
  timer_.cancel();
  done_(*this, outcome);
}

}  // namespace gnomon::net
