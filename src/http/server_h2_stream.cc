#include "http/server_h2_stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/client_loss.h"
#include "http/h2_error.h"
#include "http/server_rules.h"
#include "http/websocket.h"

namespace gnomon::http {

// ---- from the session

bool ServerH2Stream::on_head(bool end) {
  begun_ = last_activity_ = now();
  H2Fields& fields = shared_.session.fields(*this);
  ProtocolError error{431, "request head too long"};
  std::optional<RequestHead> head;
  if (!fields.too_large()) head = fields.take_request(end, settings().rules, error);
  if (head && head->content_length > 0 && over_limit(static_cast<uint64_t>(head->content_length))) {
    error = {413, kTooLarge.detail};
    head.reset();
  }
  if (!head) {
    refuse(error);
    return false;
  }
  begin(std::move(*head));
  return true;
}

void ServerH2Stream::begin(RequestHead head) {
  // How the request came is for the connection to say, whatever its client claims.
  head.scheme = tls() != nullptr ? "https" : "http";
  head_request_ = head.method == Method::head;
  upgrade_ = !head.upgrade.empty();
  if (upgrade_) {
    add_websocket_key(head, shared_.scope.id, static_cast<uint64_t>(id()));
    // What belongs to the new protocol waits until it has been switched to.
    pause();
  }
  handler_ = shared_.context.service.on_request(*this, std::move(head));
  if (!upgrade_) return;
  request_done_ = true;
  handler_->on_request_end({});
}

void ServerH2Stream::on_data(Chunk chunk) {
  last_activity_ = now();
  if (handler_ == nullptr || gone_) return;
  if (response_done_ && !tunnel_) return;
  body_bytes_ += chunk.size();
  if (!tunnel_ && over_limit(body_bytes_)) return give_up(kTooLarge, 413);
  handler_->on_body(std::move(chunk));
}

bool ServerH2Stream::over_limit(uint64_t body_bytes) const noexcept {
  const uint64_t most = settings().request_body_bytes_max;
  return most > 0 && body_bytes > most;
}

void ServerH2Stream::on_end(Headers trailers) {
  last_activity_ = now();
  if (handler_ == nullptr || gone_ || request_done_) return;
  request_done_ = true;
  drop_unwanted_trailers(trailers, settings());
  if (!response_done_ || tunnel_) handler_->on_request_end(std::move(trailers));
  if (response_done_) schedule(shared_.finish);
}

void ServerH2Stream::on_writable() {
  if (answering() && handler_ != nullptr) handler_->on_client_writable();
}

// The answer is complete. A client that is still sending is told to stop (RFC 9113 section 8.1).
void ServerH2Stream::on_sent_end() {
  if (response_done_) schedule(shared_.finish);
  if (end_received() || (tunnel_ && handler_ != nullptr)) return;
  shared_.session.reset(*this, kNoError);
  shared_.flush.schedule();
}

// ---- from the handler

void ServerH2Stream::send_interim(const ResponseHead& head) {
  if (!answering() || head_given_) return;
  shared_.session.send_interim(*this, head);
  shared_.flush.schedule();
}

void ServerH2Stream::send_head(const ResponseHead& head) {
  if (!answering() || std::exchange(head_given_, true)) return;
  if (head.status == 101) return begin_tunnel(head);
  bodiless_ = head_request_ || head.body == BodyKind::none ||
              (head.body == BodyKind::sized && head.content_length == 0);
  shared_.session.send_response(*this, head, bodiless_);
  shared_.flush.schedule();
}

// RFC 8441 section 5: success is a 200, and the body is what comes after a 101.
void ServerH2Stream::begin_tunnel(const ResponseHead& head) {
  tunnel_ = upgrade_;
  upgrade_ = false;
  request_done_ = false;
  ResponseHead answer = head;
  answer.status = 200;
  answer.headers.remove(std::string_view("sec-websocket-accept"));
  shared_.session.send_response(*this, answer, false);
  shared_.flush.schedule();
  resume();
}

void ServerH2Stream::send_body(Chunk chunk) {
  if (!answering() || bodiless_) return;
  const size_t bytes = chunk.size();
  shared_.session.send_body(*this, std::move(chunk));
  shared_.flush.schedule(bytes);
}

void ServerH2Stream::send_end(const Headers& trailers) {
  if (!answering()) return;
  response_done_ = true;
  if (!bodiless_) shared_.session.send_end(*this, settings().trailers ? trailers : Headers());
  shared_.flush.schedule();
  if (request_done_ || !tunnel_) schedule(shared_.finish);
}

void ServerH2Stream::reset() {
  if (was_reset()) return;
  response_done_ = request_done_ = true;
  shared_.session.reset(*this, kInternalError);
  shared_.flush.schedule();
  schedule(shared_.finish);
}

// ---- the ends

void ServerH2Stream::refuse(const ProtocolError& error) {
  shared_.context.service.on_refused(peer(), error);
  const Refusal refusal = make_refusal(error);
  gone_ = false;
  send_head(refusal.head);
  send_body(Chunk::copy_of(refusal.text));
  send_end({});
  gone_ = true;
}

void ServerH2Stream::tell_gone(const Error& error) {
  if (handler_ == nullptr || std::exchange(gone_, true)) return;
  handler_->on_client_gone(error);
}

void ServerH2Stream::give_up(const Error& error, uint16_t status) {
  tell_gone(error);
  if (!head_given_ && status != 0) return refuse({status, error.detail});
  shared_.session.reset(*this, kCancel);
  shared_.flush.schedule();
}

TimePoint ServerH2Stream::check_time() {
  TimePoint next = TimePoint::max();
  const auto due = [&](Millis limit, TimePoint since) {
    if (limit <= Millis::zero()) return false;
    if (now() >= since + limit) return true;
    next = std::min(next, since + limit);
    return false;
  };
  if (was_reset()) return next;
  const bool ours = !handler_times_idling_ || response_done_;
  if (!request_done_ && !end_received() && !tunnel_ && due(settings().request_timeout, begun_)) {
    give_up(kSlowRequest, 408);
  } else if (!response_done_ && !handler_times_duration_ &&
             due(settings().max_stream_duration, begun_)) {
    give_up(kTooLong, request_done_ ? 504 : 408);
  } else if (ours && due(settings().stream_idle_timeout, last_activity_)) {
    give_up(kIdleStream, 0);
  } else {
    return next;
  }
  return now() + settings().linger_timeout + Millis(1);
}

}  // namespace gnomon::http
