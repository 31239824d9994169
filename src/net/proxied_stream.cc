#include "net/proxied_stream.h"

#include <array>
#include <utility>

#include "net/unread_stream.h"

namespace gnomon::net {
ProxyHeaderReader::ProxyHeaderReader(EventLoop& loop, std::unique_ptr<Stream> stream, bool optional,
                                     Duration limit, Done done)
    : loop_(loop),
      stream_(std::move(stream)),
      optional_(optional),
      done_(std::move(done)),
      timer_(loop.timers(), [this] { finish(Outcome::refused); }) {
  timer_.arm(limit);
  stream_->set_handler(this);
}

ProxyHeaderReader::~ProxyHeaderReader() {
  if (stream_ != nullptr) stream_->set_handler(nullptr);
}

std::unique_ptr<Stream> ProxyHeaderReader::take_stream() {
  stream_->set_handler(nullptr);
  return make_unread_stream(loop_, std::move(stream_), std::move(bytes_), header_);
}

void ProxyHeaderReader::on_stream_ready() {
  if (timer_.armed()) read_some();
}

void ProxyHeaderReader::read_some() {
  std::array<char, kProxyHeaderMax> buffer;
  while (stream_->readable()) {
    const IoResult io = stream_->read(buffer.data(), buffer.size());
    if (io.status == IoResult::Status::would_block) return;
    if (io.status != IoResult::Status::ok) return finish(Outcome::refused);
    bytes_.append(buffer.data(), io.bytes);
    switch (parse_proxy_header(bytes_, header_)) {
      case ProxyParse::more:
        continue;
      case ProxyParse::done:
        bytes_.erase(0, header_.bytes);
        return finish(Outcome::ready);
      case ProxyParse::absent:
        return finish(optional_ ? Outcome::ready : Outcome::refused);
      case ProxyParse::failed:
        return finish(Outcome::refused);
    }
  }
}

void ProxyHeaderReader::finish(Outcome outcome) {
  timer_.cancel();
  done_(*this, outcome);
}

}  // namespace gnomon::net
