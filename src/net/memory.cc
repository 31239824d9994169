#include "net/memory.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gnomon::net {
namespace {

// One direction of a connection.
struct Pipe {
  explicit Pipe(size_t capacity_in) : capacity(capacity_in) {}
  std::string bytes;
  size_t capacity;
  bool finished = false;  // the writer has sent FIN
  bool reset = false;     // either side has reset the connection
};

class MemoryStream final : public Stream {
 public:
  MemoryStream(EventLoop& loop, Lane lane, const Address& peer, State state)
      : loop_(loop), lane_(lane), peer_(peer), state_(state), notify_([this] { notify(); }) {}
  ~MemoryStream() override { close(); }

  static void join(MemoryStream& a, MemoryStream& b, size_t capacity) {
    a.in_ = b.out_ = std::make_shared<Pipe>(capacity);
    a.out_ = b.in_ = std::make_shared<Pipe>(capacity);
    a.other_ = &b;
    b.other_ = &a;
  }
  void open() {
    state_ = State::open;
    wake();
  }
  void refuse(Errc error) {
    state_ = State::failed;
    error_ = error;
    wake();
  }

  void set_handler(StreamHandler* handler) noexcept override {
    handler_ = handler;
    wake();
  }
  State state() const noexcept override { return state_; }
  Errc connect_error() const noexcept override { return error_; }
  bool readable() const noexcept override {
    return in_ != nullptr && (!in_->bytes.empty() || in_->finished || in_->reset);
  }
  bool writable() const noexcept override {
    return state_ == State::open && out_ != nullptr &&
           (out_->bytes.size() < out_->capacity || out_->reset);
  }
  bool peer_closed() const noexcept override {
    return in_ != nullptr && (in_->finished || in_->reset);
  }
  bool broken() const noexcept override { return in_ == nullptr || in_->reset; }

  IoResult read(char* to, size_t size) override {
    if (in_ == nullptr) return {IoResult::Status::error};
    const size_t n = std::min(size, in_->bytes.size());
    if (n > 0) {
      std::copy_n(in_->bytes.data(), n, to);
      in_->bytes.erase(0, n);
      if (other_ != nullptr) other_->wake();
      return {IoResult::Status::ok, n};
    }
    if (in_->reset) return {IoResult::Status::error};
    return {in_->finished ? IoResult::Status::eof : IoResult::Status::would_block};
  }

  IoResult write(const struct iovec* parts, int count) override {
    if (out_ == nullptr || out_->reset) return {IoResult::Status::error};
    size_t written = 0;
    for (int i = 0; i < count; ++i) {
      const size_t n = std::min(parts[i].iov_len, out_->capacity - out_->bytes.size());
      out_->bytes.append(static_cast<const char*>(parts[i].iov_base), n);
      written += n;
    }
    if (written == 0) return {IoResult::Status::would_block};
    if (other_ != nullptr) other_->wake();
    return {IoResult::Status::ok, written};
  }

  void shutdown_write() override {
    if (out_ != nullptr) out_->finished = true;
    if (other_ != nullptr) other_->wake();
  }

  void abort() override {
    if (out_ != nullptr) out_->reset = true;
    if (in_ != nullptr) in_->reset = true;
    close();
  }

  const Address& peer() const noexcept override { return peer_; }
  Address local() const noexcept override { return {}; }

 private:
  void close() {
    if (out_ == nullptr) return;
    // As with TCP: closing with unread bytes resets the connection.
    if (in_ != nullptr && !in_->bytes.empty()) out_->reset = true;
    out_->finished = true;
    if (in_ != nullptr) in_->reset = true;  // what the peer sends from now on fails
    if (other_ != nullptr) {
      other_->other_ = nullptr;
      other_->wake();
    }
    other_ = nullptr;
    in_ = out_ = nullptr;
    handler_ = nullptr;
  }
  void wake() { loop_.schedule(notify_, lane_); }
  void notify() {
    if (handler_ != nullptr) handler_->on_stream_ready();
  }

  EventLoop& loop_;
  const Lane lane_;
  const Address peer_;
  State state_;
  Errc error_ = Errc::connect_refused;
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
  MemoryStream* other_ = nullptr;
  StreamHandler* handler_ = nullptr;
  Task notify_;
};

}  // namespace

class MemoryAcceptor final : public Acceptor {
 public:
  MemoryAcceptor(MemoryNetwork& network, const Address& at) : network_(network), at_(at) {}
  ~MemoryAcceptor() override { network_.listeners_.erase(at_.to_string()); }
  MemoryAcceptor(const MemoryAcceptor&) = delete;
  MemoryAcceptor& operator=(const MemoryAcceptor&) = delete;
  const Address& local() const noexcept override { return at_; }

 private:
  MemoryNetwork& network_;
  const Address at_;
};

Result<std::unique_ptr<Stream>> MemoryNetwork::connect(const Address& to, Lane lane,
                                                       const Keepalive& /*keepalive*/) {
  ++connections_made_;
  auto near = std::make_unique<MemoryStream>(loop_, lane, to, Stream::State::connecting);
  const std::string key = to.to_string();
  if (black_holes_.contains(key)) return near;
  const auto listener = listeners_.find(key);
  if (listener == listeners_.end()) {
    near->refuse(Errc::connect_refused);
    return near;
  }
  auto far = std::make_unique<MemoryStream>(loop_, Lane::live, *Address::parse("127.0.0.1", 1),
                                            Stream::State::open);
  MemoryStream::join(*near, *far, buffer_bytes_);
  near->open();
  listener->second(std::move(far));
  return near;
}

std::expected<std::unique_ptr<Acceptor>, std::string> MemoryNetwork::listen(const Address& at,
                                                                            AcceptCallback accept) {
  const auto [it, added] = listeners_.emplace(at.to_string(), std::move(accept));
  if (!added) return std::unexpected("cannot listen on " + at.to_string() + ": in use");
  return std::make_unique<MemoryAcceptor>(*this, at);
}

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> MemoryNetwork::make_pair(Lane first,
                                                                                     Lane second) {
  const Address nowhere = *Address::parse("127.0.0.1", 1);
  auto a = std::make_unique<MemoryStream>(loop_, first, nowhere, Stream::State::open);
  auto b = std::make_unique<MemoryStream>(loop_, second, nowhere, Stream::State::open);
  MemoryStream::join(*a, *b, buffer_bytes_);
  return {std::move(a), std::move(b)};
}

}  // namespace gnomon::net
