// A probe that sends a request: what those over HTTP have in common.
#pragma once

#include <string>

#include "net/graveyard.h"
#include "proxy/health_probe.h"

namespace gnomon::proxy {

class RequestProbe : public HealthProbe, private http::ClientOwner, private http::ResponseHandler {
 public:
  void start() final;
  void stop() final;

 protected:
  enum class Protocol : uint8_t { http1, http2 };

  // Backends leave it out of their logs by this name.
  static constexpr std::string_view kUserAgent = "Envoy/HC";
  static constexpr size_t kAnswerBytesMax = size_t{64} * 1024;

  RequestProbe(const ProbeContext& context, const routing::Cluster& cluster, ProbeTarget target,
               Protocol protocol, Done done);

  virtual void ask(http::ClientStream& stream) = 0;
  virtual void on_head(const ResponseHead& head) = 0;
  virtual void on_body(const Chunk& chunk) = 0;
  virtual ProbeResult judge(const Headers& trailers) = 0;

  // Enough is known; the rest of the answer would only cost time.
  void decide(ProbeResult result);
  std::string_view scheme() const noexcept { return target_.tls != nullptr ? "https" : "http"; }
  const std::string& host() const noexcept { return target_.host; }

 private:
  void connect();
  void begin();
  void finish(ProbeResult result);

  void on_connected(http::ClientConnection& connection) override;
  void on_idle(http::ClientConnection& connection) override;
  void on_closed(http::ClientConnection& connection, const Error* connect_error) override;

  void on_interim(ResponseHead /*head*/) override {}
  void on_response_head(ResponseHead head) override { on_head(head); }
  void on_response_body(Chunk chunk) override {
    if (stream_ != nullptr) on_body(chunk);
  }
  void on_response_end(Headers trailers) override;
  void on_response_error(Error error) override;
  void on_backend_writable() override {}

  const ProbeContext& context_;
  const Millis timeout_;
  const bool reuse_;
  const bool http2_;
  const ProbeTarget target_;
  const Done done_;
  net::Graveyard<http::ClientConnection> graveyard_;
  std::unique_ptr<http::ClientConnection> connection_;
  http::ClientStream* stream_ = nullptr;
  bool asking_ = false;
};

}  // namespace gnomon::proxy
