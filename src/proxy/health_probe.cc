#include "proxy/health_probe.h"

#include <algorithm>
#include <utility>

#include "net/graveyard.h"
#include "net/tls_stream.h"
#include "routing/rewrite.h"

namespace gnomon::proxy {
namespace {

// Backends leave it out of their logs by this name.
constexpr std::string_view kUserAgent = "Envoy/HC";
constexpr std::string_view kServiceHeader = "x-envoy-upstream-healthchecked-cluster";
constexpr size_t kAnswerBytesMax = size_t{64} * 1024;

// As a live connection would be opened. What of the preface is still to be said is left in it.
Result<std::unique_ptr<net::Stream>> dial(const ProbeContext& context, const ProbeTarget& target,
                                          std::string& preface) {
  preface = target.preface;
  auto stream = context.network.connect(target.address, context.lane, {});
  if (!stream || target.tls == nullptr) return stream;
  return net::make_tls_client(context.loop, context.lane, std::move(*stream),
                              {target.tls, target.server_name}, std::exchange(preface, {}));
}

class HttpProbe final : public HealthProbe,
                        private http::ClientOwner,
                        private http::ResponseHandler {
 public:
  HttpProbe(const ProbeContext& context, const routing::Cluster& cluster, ProbeTarget target,
            Done done)
      : context_(context),
        check_(*cluster.health_check->http),
        timeout_(cluster.health_check->timeout),
        reuse_(cluster.health_check->reuse_connection),
        target_(std::move(target)),
        done_(std::move(done)),
        graveyard_(context.loop) {}

  void start() override {
    asking_ = true;
    if (connection_ != nullptr) return ask();
    std::string preface;
    Result<std::unique_ptr<net::Stream>> stream = dial(context_, target_, preface);
    if (!stream) return finish(ProbeResult::network);
    const http::ClientContext client{context_.loop, context_.read_buffer, context_.settings,
                                     context_.lane};
    connection_ = http::make_client_h1(client, *this, std::move(*stream), timeout_, preface);
  }

  void stop() override {
    asking_ = false;
    if (stream_ != nullptr) {
      std::exchange(stream_, nullptr)->cancel();
    } else if (connection_ != nullptr) {
      connection_->close();
    }
  }

 private:
  void on_connected(http::ClientConnection& /*connection*/) override {
    if (asking_) ask();
  }
  void on_idle(http::ClientConnection& connection) override {
    if (!reuse_) connection.close();
  }
  void on_closed(http::ClientConnection& /*connection*/, const Error* connect_error) override {
    graveyard_.bury(std::move(connection_));
    if (connect_error != nullptr) finish(ProbeResult::network);
  }

  void ask() {
    RequestHead head;
    head.method = parse_method(check_.method);
    head.method_name = check_.method;
    head.authority = check_.host.empty() ? target_.host : check_.host;
    head.path = check_.path;
    head.headers.add("user-agent", kUserAgent);
    routing::apply_edits(head.headers, check_.edits);
    stream_ = &connection_->start(*this);
    stream_->send_head(head);
    stream_->send_end({});
  }

  bool expected(const ResponseHead& head) const {
    if (!head.headers.get(kServiceHeader).starts_with(check_.service)) return false;
    if (check_.statuses.empty()) return head.status == 200;
    return std::ranges::any_of(check_.statuses, [&](const auto& range) {
      return head.status >= range.first && head.status < range.second;
    });
  }

  void on_interim(ResponseHead /*head*/) override {}
  void on_response_head(ResponseHead head) override {
    result_ = expected(head) ? ProbeResult::good : ProbeResult::bad;
    bytes_ = 0;
  }
  void on_response_body(Chunk chunk) override {
    bytes_ += chunk.size();
    if (bytes_ <= kAnswerBytesMax || stream_ == nullptr) return;
    // The status has said all; the rest would only cost time.
    std::exchange(stream_, nullptr)->cancel();
    finish(result_);
  }
  void on_response_end(Headers /*trailers*/) override {
    stream_ = nullptr;
    finish(result_);
  }
  void on_response_error(Error error) override {
    const bool stale = error.retry == Retry::if_reused;
    stream_ = nullptr;
    if (stale && asking_) return start();  // it was closed while it was idle
    finish(ProbeResult::network);
  }
  void on_backend_writable() override {}

  void finish(ProbeResult result) {
    if (std::exchange(asking_, false)) done_(result);
  }

  const ProbeContext& context_;
  const routing::HttpCheck& check_;
  const Millis timeout_;
  const bool reuse_;
  const ProbeTarget target_;
  const Done done_;
  net::Graveyard<http::ClientConnection> graveyard_;
  std::unique_ptr<http::ClientConnection> connection_;
  http::ClientStream* stream_ = nullptr;
  ProbeResult result_ = ProbeResult::network;
  size_t bytes_ = 0;
  bool asking_ = false;
};

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
    auto stream = dial(context_, target_, preface);
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

std::unique_ptr<HealthProbe> make_probe(const ProbeContext& context,
                                        const routing::Cluster& cluster, ProbeTarget target,
                                        HealthProbe::Done done) {
  if (cluster.health_check->http) {
    return std::make_unique<HttpProbe>(context, cluster, std::move(target), std::move(done));
  }
  return std::make_unique<TcpProbe>(context, cluster, std::move(target), std::move(done));
}

}  // namespace gnomon::proxy
