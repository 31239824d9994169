#include "proxy/request_probe.h"

#include <utility>

namespace gnomon::proxy {

RequestProbe::RequestProbe(const ProbeContext& context, const routing::Cluster& cluster,
                           ProbeTarget target, Protocol protocol, Done done)
    : context_(context),
      timeout_(cluster.health_check->timeout),
      reuse_(cluster.health_check->reuse_connection),
      http2_(protocol == Protocol::http2),
      target_(std::move(target)),
      done_(std::move(done)),
      graveyard_(context.loop) {}

void RequestProbe::start() {
  asking_ = true;
  // A backend may have said that it takes no further stream.
  if (connection_ != nullptr && http2_ && connection_->room() == 0) connection_->close();
  if (connection_ != nullptr) return begin();
  connect();
}

void RequestProbe::connect() {
  std::string preface;
  auto stream = dial(context_, target_, http2_ ? "h2" : "", preface);
  if (!stream) return finish(ProbeResult::network);
  const http::ClientContext client{context_.loop, context_.read_buffer, context_.settings,
                                   context_.lane};
  const auto make = http2_ ? http::make_client_h2 : http::make_client_h1;
  connection_ = make(client, *this, std::move(*stream), timeout_, preface);
}

// Silence may mean that the connection itself is dead, so it goes too.
void RequestProbe::stop() {
  asking_ = false;
  stream_ = nullptr;
  if (connection_ != nullptr) connection_->close();
}

void RequestProbe::begin() {
  stream_ = &connection_->start(*this);
  ask(*stream_);
}

void RequestProbe::decide(ProbeResult result) {
  std::exchange(stream_, nullptr)->cancel();
  finish(result);
}

void RequestProbe::finish(ProbeResult result) {
  if (std::exchange(asking_, false)) done_(result);
}

void RequestProbe::on_connected(http::ClientConnection& /*connection*/) {
  if (asking_) begin();
}

void RequestProbe::on_idle(http::ClientConnection& connection) {
  if (!reuse_ && stream_ == nullptr) connection.close();
}

void RequestProbe::on_closed(http::ClientConnection& /*connection*/, const Error* connect_error) {
  graveyard_.bury(std::move(connection_));
  if (connect_error != nullptr) finish(ProbeResult::network);
}

void RequestProbe::on_response_end(Headers trailers) {
  stream_ = nullptr;
  finish(judge(trailers));
}

void RequestProbe::on_response_error(Error error) {
  const bool stale = error.retry == Retry::if_reused;
  stream_ = nullptr;
  if (stale && asking_) return start();  // it was closed while it was idle
  finish(ProbeResult::network);
}

}  // namespace gnomon::proxy
