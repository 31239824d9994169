#include "shadow/shadow_copy.h"

#include <utility>

#include "proxy/grpc.h"
#include "shadow/copy_head.h"

namespace gnomon::shadow {
namespace {

// Of an answer nobody compares we read this much, to keep its connection usable, and no more.
constexpr size_t kResponseBytesMax = size_t{8} * 1024 * 1024;
// What a copy costs beside its bytes, while it waits for a connection: itself, and the blocks that
// its head and the end of its body do not fill.
constexpr size_t kOverheadBytes = size_t{5} * 1024;
// What a TLS connection of a copy costs beside that. Measured with OpenSSL 3.0: 42 KB while the
// handshake goes on; 21 KB after it and a record of 17 KB in each direction.
constexpr size_t kTlsBytes = size_t{56} * 1024;

// A chunk that may be kept for long: one that pins noticeably more than it holds is copied.
Chunk keepable(const Chunk& chunk) {
  return fills(chunk.block(), chunk.size()) ? chunk : Chunk::copy_of(chunk.view());
}

Reason reason_of(const Error& error) noexcept {
  switch (error.code) {
    case Errc::connect_refused:
    case Errc::connect_timeout:
    case Errc::connect_failed:
      return Reason::connect_fail;
    case Errc::overflow:
      return Reason::budget_inflight;
    case Errc::no_endpoint:
      return Reason::no_host;
    case Errc::protocol:
    case Errc::limit:
      return Reason::protocol;
    case Errc::timeout:
      return Reason::timeout;
    case Errc::shutdown:
      return Reason::shutdown;
    default:
      return Reason::reset;
  }
}

// Whether a failure says that the shadow is unwell, as opposed to us or the client.
bool blames_shadow(Reason reason) noexcept {
  return reason == Reason::connect_fail || reason == Reason::tls || reason == Reason::timeout ||
         reason == Reason::reset || reason == Reason::protocol || reason == Reason::response_limit;
}

}  // namespace

ShadowCopy::ShadowCopy(net::EventLoop& loop, CopyOwner& owner, const Grant& grant, Course course,
                       const routing::ShadowPolicy& policy, RequestHead head)
    : loop_(loop),
      owner_(owner),
      shared_(grant.shared),
      state_(grant.state),
      generation_(std::move(course.generation)),
      policy_(policy),
      cluster_(generation_->find(course.cluster)),
      head_(std::move(head)),
      is_call_(proxy::is_grpc(head_.headers)),
      timeout_(course.timeout),
      started_(loop.now()),
      work_([this] { work(); }),
      timer_(loop.timers(), [this] { on_timeout(); }),
      probe_(grant.probe) {
  client_version_ = head_.version;
  pipelining_ = policy.pipelining;
  ++state_.copies;
  state_.stats.copied.add();
  state_.stats.in_flight.add(1);
  timer_.arm(timeout_);
  loop_.schedule(work_, net::Lane::background);
}

ShadowCopy::~ShadowCopy() {
  if (!ended_) fail(Reason::shutdown);
  --state_.copies;
}

void ShadowCopy::offer(const Chunk& chunk) {
  if (ended_ || cut_) return;
  if (!charge(chunk.size())) return cut(Reason::budget_bytes);
  const bool waiting = acquired_ && backend_ == nullptr;
  inbox_.push_back(waiting ? keepable(chunk) : chunk);
  inbox_bytes_ += chunk.size();
  loop_.schedule(work_, net::Lane::background);
}

void ShadowCopy::offer_end(const Headers& trailers) {
  if (ended_ || cut_) return;
  request_complete_ = true;
  trailers_ = trailers;
  loop_.schedule(work_, net::Lane::background);
}

// The bytes are let go at once; the connection is reset when the background lane gets there.
void ShadowCopy::cut(Reason reason) {
  if (ended_ || cut_) return;
  cut_ = true;
  cut_reason_ = reason;
  inbox_.clear();
  inbox_bytes_ = 0;
  loop_.schedule(work_, net::Lane::background);
}

bool ShadowCopy::charge(size_t bytes) {
  if (!state_.limits.bytes.take(bytes, policy_.buffer_bytes_max)) return false;
  charged_ += bytes;
  state_.stats.buffered_bytes.add(static_cast<int64_t>(bytes));
  return true;
}

void ShadowCopy::work() {
  if (ended_) return;
  if (cut_) return fail(cut_reason_);
  if (!acquired_) {
    acquired_ = true;
    return acquire();
  }
  if (backend_ == nullptr) return;
  forward();
  settle();
}

void ShadowCopy::acquire() {
  if (const Result<void> begun = cluster_->begin_request(); !begun) {
    return fail(reason_of(begun.error()));
  }
  in_request_ = true;
  host_ = cluster_->pick({.hash = hash_, .subset = nullptr});
  if (host_ == nullptr) return fail(Reason::no_host);
  ++host_->active;
  const bool secure = cluster_->limits().tls != nullptr;
  const bool shares = cluster_->limits().rules.http2;
  connection_bytes_ = secure && !shares ? kTlsBytes : 0;
  if (!charge(connection_bytes_)) return fail(Reason::budget_bytes);
  if (http::ClientConnection* idle = host_->take_idle(*this)) return on_connection(*idle);
  // It will wait for longer than this turn: let go of the client's blocks.
  detach(head_);
  for (Chunk& chunk : inbox_) chunk = keepable(chunk);
  // A connection that is shared is paid for by whoever waits for it.
  const size_t opening = secure && shares ? kTlsBytes : 0;
  if (!charge(head_bytes(head_) + kOverheadBytes + opening)) return fail(Reason::budget_bytes);
  if (const Result<void> waiting = host_->wait(*this); !waiting) fail(reason_of(waiting.error()));
}

void ShadowCopy::on_connection(http::ClientConnection& connection) {
  cluster_->stats().requests.add();
  backend_ = &connection.start(*this);
  backend_->send_head(head_);
  head_.headers.clear();
  head_ = RequestHead();
  forward();
  settle();
}

void ShadowCopy::forward() {
  for (Chunk& chunk : inbox_) backend_->send_body(std::move(chunk));
  inbox_.clear();
  inbox_bytes_ = 0;
  if (request_complete_ && !end_sent_) {
    end_sent_ = true;
    timer_.arm(timeout_);
    backend_->send_end(trailers_);
  }
}

// Gives back what has left. What has not is held for longer, so it must not pin whole blocks.
void ShadowCopy::settle() {
  const size_t unsent = inbox_bytes_ + backend_->unsent();
  if (unsent > 0) backend_->compact_unsent();
  const size_t held = unsent + connection_bytes_;
  if (held >= charged_) return;
  const size_t freed = charged_ - held;
  charged_ = held;
  state_.limits.bytes.give_back(freed);
  state_.stats.buffered_bytes.add(-static_cast<int64_t>(freed));
}

void ShadowCopy::on_backend_writable() { settle(); }

void ShadowCopy::on_no_connection(const Error& error) {
  host_->report_failure(error);
  const bool tls = error.code == Errc::connect_failed && host_->handshake_failure() != nullptr;
  fail(tls ? Reason::tls : reason_of(error));
}

void ShadowCopy::on_interim(ResponseHead /*head*/) {}

void ShadowCopy::on_response_head(ResponseHead head) {
  status_ = head.status;
  if (is_call_) grpc_status_ = proxy::grpc_status(head.headers);
  host_->report_status(head.status);
  cluster_->stats().codes.add(head.status);
  if (pairing_ != nullptr) pairing_->on_head(leg_, head);
}

void ShadowCopy::on_response_body(Chunk chunk) {
  response_bytes_ += chunk.size();
  if (pairing_ != nullptr) pairing_->on_body(leg_, chunk);
  const bool more = pairing_ != nullptr ? pairing_->wants_more(response_bytes_)
                                        : response_bytes_ <= kResponseBytesMax;
  if (!more) fail(Reason::response_limit);
}

void ShadowCopy::on_response_end(Headers trailers) {
  backend_ = nullptr;
  if (is_call_) cluster_->stats().grpc.add(proxy::grpc_answer(trailers, grpc_status_, status_));
  if (pairing_ != nullptr) std::exchange(pairing_, nullptr)->on_end(leg_, trailers);
  answered();
}

void ShadowCopy::on_response_error(Error error) {
  backend_ = nullptr;
  if (error.code == Errc::canceled) return fail(Reason::pipeline);
  cluster_->stats().resets.add();
  if (status_ == 0 && error.retry != Retry::if_reused) host_->report_failure(error);
  fail(reason_of(error));
}

void ShadowCopy::on_timeout() {
  // A client that is still sending is not the shadow's fault, unless the shadow does not take it.
  if (!request_complete_ && backend_ != nullptr && backend_->unsent() == 0) {
    return timer_.arm(timeout_);
  }
  // Behind others on a connection the shadow may not even have looked at it.
  if (backend_ != nullptr && !backend_->in_turn()) return fail(Reason::pipeline);
  cluster_->stats().timeouts.add();
  if (status_ == 0 && host_ != nullptr) {
    host_->report_failure({Errc::timeout, Side::backend, Retry::no, "upstream request timeout"});
  }
  fail(Reason::timeout);
}

void ShadowCopy::fail(Reason reason) {
  if (ended_) return;
  state_.stats.fail(reason);
  if (pairing_ != nullptr) std::exchange(pairing_, nullptr)->on_failed(leg_, reason);
  if (blames_shadow(reason)) {
    state_.breaker.on_failure(loop_.now(), probe_);
  } else {
    state_.breaker.on_void(probe_);
  }
  end();
}

void ShadowCopy::answered() {
  if (ended_) return;
  state_.stats.answered.add(status_);
  state_.stats.duration.record(loop_.now() - started_);
  cluster_->stats().time.record(loop_.now() - started_);
  state_.breaker.on_success();
  end();
}

void ShadowCopy::end() {
  ended_ = true;
  timer_.cancel();
  work_.cancel();
  PoolTicket::leave();
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  if (in_request_) cluster_->end_request();
  if (host_ != nullptr) --host_->active;
  inbox_.clear();
  state_.limits.bytes.give_back(charged_);
  state_.limits.in_flight.give_back(1);
  shared_.in_flight.give_back(1);
  state_.stats.buffered_bytes.add(-static_cast<int64_t>(std::exchange(charged_, 0)));
  state_.stats.in_flight.add(-1);
  owner_.on_copy_ended(*this);
}

}  // namespace gnomon::shadow
