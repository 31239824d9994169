#include "net/unread_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gnomon::net {
namespace {

class UnreadStream final : public Stream {
 public:
  UnreadStream(EventLoop& loop, std::unique_ptr<Stream> inner, std::string left,
               const ProxyHeader& header)
      : loop_(loop),
        inner_(std::move(inner)),
        left_(std::move(left)),
        peer_(header.client.value_or(inner_->peer())),
        meant_(header.meant),
        told_([this] {
          if (handler_ != nullptr) handler_->on_stream_ready();
        }) {}

  // The event that told of the bytes has been used up by who read them.
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

std::unique_ptr<Stream> make_unread_stream(EventLoop& loop, std::unique_ptr<Stream> inner,
                                           std::string left, const ProxyHeader& header) {
  return std::make_unique<UnreadStream>(loop, std::move(inner), std::move(left), header);
}

}  // namespace gnomon::net
