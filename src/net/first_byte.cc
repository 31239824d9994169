#include "net/first_byte.h"

#include <string>
#include <utility>

#include "net/unread_stream.h"

namespace gnomon::net {
namespace {

constexpr char kTlsHandshake = 22;  // RFC 8446 section 5.1

}  // namespace

FirstByte::FirstByte(EventLoop& loop, std::unique_ptr<Stream> stream, Duration limit, Done done)
    : loop_(loop),
      stream_(std::move(stream)),
      done_(std::move(done)),
      timer_(loop.timers(), [this] { finish(Outcome::refused); }) {
  timer_.arm(limit);
  stream_->set_handler(this);
}

FirstByte::~FirstByte() {
  if (stream_ != nullptr) stream_->set_handler(nullptr);
}

std::unique_ptr<Stream> FirstByte::take_stream() {
  stream_->set_handler(nullptr);
  return make_unread_stream(loop_, std::move(stream_), std::string(1, byte_));
}

void FirstByte::on_stream_ready() {
  if (!timer_.armed() || !stream_->readable()) return;
  const IoResult io = stream_->read(&byte_, 1);
  if (io.status == IoResult::Status::would_block) return;
  if (io.status != IoResult::Status::ok) return finish(Outcome::refused);
  finish(byte_ == kTlsHandshake ? Outcome::tls : Outcome::other);
}

void FirstByte::finish(Outcome outcome) {
  timer_.cancel();
  done_(*this, outcome);
}

}  // namespace gnomon::net
