#include "net/proxied_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace gnomon::net {
namespace {

// Gives what was read behind the header before it reads on.
class ProxiedStream final : public Stream {
 public:
  ProxiedStream(EventLoop& loop, std::unique_ptr<Stream> inner, std::string left,
                const ProxyHeader& header)
      : loop_(loop),
        inner_(std::move(inner)),
        left_(std::move(left)),
        peer_(header.client.value_or(inner_->peer())),
        meant_(header.meant),
        told_([this] {
          if (handler_ != nullptr) handler_->on_stream_ready();
        }) {}

  // The event that told of the bytes has been used up by the header's reader.
  void set_handler(StreamHandler* handler) noexcept override {
    handler_ = handler;
    inner_->set_handler(handler);
    if (handler != nullptr) {
      loop_.schedule(told_, Lane::live);
    } else {
      told_.cancel();
    }
  }
  State state() const noexcept override { return inner_->state(); }
  Errc connect_error() const noexcept override { return inner_->connect_error(); }
  bool readable() const noexcept override { return !left_.empty() || inner_->readable(); }
  bool writable() const noexcept override { return inner_->writable(); }
  bool peer_closed() const noexcept override { return left_.empty() && inner_->peer_closed(); }
  bool broken() const noexcept override { return inner_->broken(); }

  IoResult read(char* to, size_t size) override {
    if (left_.empty()) return inner_->read(to, size);
    const size_t n = std::min(size, left_.size());
    std::memcpy(to, left_.data(), n);
    left_.erase(0, n);
    return {IoResult::Status::ok, n};
  }
  IoResult write(const struct iovec* parts, int count) override {
    return inner_->write(parts, count);
  }
  void shutdown_write() override { inner_->shutdown_write(); }
  void abort() override { inner_->abort(); }
  const Address& peer() const noexcept override { return peer_; }
  Address local() const noexcept override { return meant_ ? *meant_ : inner_->local(); }

 private:
  EventLoop& loop_;
  const std::unique_ptr<Stream> inner_;
  std::string left_;
  const Address peer_;
  const std::optional<Address> meant_;
  StreamHandler* handler_ = nullptr;
  Task told_;
};

}  // namespace

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
  return std::make_unique<ProxiedStream>(loop_, std::move(stream_), std::move(bytes_), header_);
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
