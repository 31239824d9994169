#include "proxy/tcp_probe.h"

#include <utility>

#include "net/graveyard.h"

namespace gnomon::proxy {
namespace {

constexpr size_t kAnswerBytesMax = size_t{64} * 1024;

class TcpProbe final : public HealthProbe, private net::StreamHandler {
 public:
  TcpProbe(const ProbeContext& context, const routing::Cluster& cluster, ProbeTarget target,
           Done done)
      : context_(context),
        check_(*cluster.health_check->tcp),
        reuse_(cluster.health_check->reuse_connection && !check_.receive.empty()),
        target_(std::move(target)),
        done_(std::move(done)),
        graveyard_(context.loop) {}
  ~TcpProbe() override {
    if (stream_ != nullptr) stream_->set_handler(nullptr);
  }
  TcpProbe(const TcpProbe&) = delete;
  TcpProbe& operator=(const TcpProbe&) = delete;

  void start() override {
    asking_ = true;
    received_.clear();
    unsent_ = check_.send;
    if (stream_ != nullptr) return on_stream_ready();
    std::string preface;
    auto stream = dial(context_, target_, {}, preface);
    if (!stream) return finish(ProbeResult::network);
    unsent_.insert(0, preface);
    stream_ = std::move(*stream);
    stream_->set_handler(this);
  }

  void stop() override {
    asking_ = false;
    close();
  }

 private:
  void on_stream_ready() override {
    using State = net::Stream::State;
    if (stream_->state() == State::connecting) return;
    if (stream_->state() == State::failed) return finish(ProbeResult::network);
    if (!asking_) {
      if (stream_->readable()) close();  // nobody asked for anything, or it has ended
      return;
    }
    if (!send()) return finish(ProbeResult::network);
    if (unsent_.empty()) receive();
  }

  bool send() {
    while (!unsent_.empty() && stream_->writable()) {
      const struct iovec part{unsent_.data(), unsent_.size()};
      const net::IoResult io = stream_->write(&part, 1);
      if (io.status == net::IoResult::Status::error) return false;
      if (io.status != net::IoResult::Status::ok) break;
      unsent_.erase(0, io.bytes);
    }
    return true;
  }

  void receive() {
    if (check_.receive.empty()) return finish(ProbeResult::good);
    char buffer[4096];
    while (stream_->readable()) {
      const net::IoResult io = stream_->read(buffer, sizeof(buffer));
      if (io.status == net::IoResult::Status::would_block) return;
      if (io.status != net::IoResult::Status::ok) return finish(ProbeResult::network);
      received_.append(buffer, io.bytes);
      if (holds_in_order(received_, check_.receive)) return finish(ProbeResult::good);
      if (received_.size() > kAnswerBytesMax) return finish(ProbeResult::bad);
    }
  }

  void finish(ProbeResult result) {
    if (result != ProbeResult::good || !reuse_) close();
    if (std::exchange(asking_, false)) done_(result);
  }

  void close() {
    if (stream_ == nullptr) return;
    stream_->set_handler(nullptr);
    graveyard_.bury(std::move(stream_));
  }

  const ProbeContext& context_;
  const routing::TcpCheck& check_;
  const bool reuse_;
  const ProbeTarget target_;
  const Done done_;
  net::Graveyard<net::Stream> graveyard_;
  std::unique_ptr<net::Stream> stream_;
  std::string unsent_;
  std::string received_;
  bool asking_ = false;
};

}  // namespace

bool holds_in_order(std::string_view bytes, const std::vector<std::string>& parts) noexcept {
  size_t from = 0;
  for (const std::string& part : parts) {
    const size_t at = bytes.find(part, from);
    if (at == std::string_view::npos) return false;
    from = at + part.size();
  }
  return true;
}

std::unique_ptr<HealthProbe> make_tcp_probe(const ProbeContext& context,
                                            const routing::Cluster& cluster, ProbeTarget target,
                                            HealthProbe::Done done) {
  return std::make_unique<TcpProbe>(context, cluster, std::move(target), std::move(done));
}

}  // namespace gnomon::proxy
