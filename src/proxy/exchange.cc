#include "proxy/exchange.h"

#include <utility>

#include "proxy/request_identity.h"
#include "proxy/retry.h"
#include "routing/rewrite.h"

namespace gnomon::proxy {
namespace {

// A pooled connection may turn out to have been closed by the backend while it was idle; that says
// nothing about the backend's health, so such attempts are repeated outside of any retry policy.
constexpr uint32_t kStaleRetriesMax = 2;

}  // namespace

Exchange::Exchange(const ProxyContext& context, http::ServerStream& client, RequestHead head,
                   size_t listener)
    : context_(context),
      client_(client),
      head_(std::move(head)),
      listener_(listener),
      route_timer_(context.loop.timers(), [this] { on_route_timeout(); }),
      try_timer_(context.loop.timers(), [this] { on_try_timeout(); }),
      retry_timer_(context.loop.timers(), [this] { attempt(); }),
      client_path_(head_.path),
      client_authority_(head_.authority),
      started_(context.loop.now()),
      started_wall_(context.access != nullptr ? context.loop.wall() : WallTime()) {
  context_.stats.requests.add();
  context_.stats.requests_active.add(1);
}

Exchange::~Exchange() {
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  end_attempt();
  account();
}

void Exchange::start() {
  generation_ = context_.clusters.current();
  // The asterisk-form asks about the gateway itself (RFC 9110 section 9.3.7).
  if (head_.path == "*") return reply(200, "", 0);
  add_identity(head_, client_.peer_ip(), context_.rng);
  match_ = generation_->snapshot->match(listener_, head_);
  if (match_.route == nullptr) return reply(404, "", kFlagNoRoute);
  if (match_.route->direct) return answer_directly(*match_.route->direct);
  if (match_.route->redirect) {
    return answer_redirect(*match_.route->redirect);
  }
  rewrite();
  if (!choose_cluster()) return;
  attempt();
}

void Exchange::answer_directly(const routing::DirectResponse& direct) {
  ResponseHead head;
  head.status = direct.status;
  if (!direct.body.empty()) head.headers.add("content-type", "text/plain");
  send_reply(std::move(head), direct.body);
}

void Exchange::answer_redirect(const routing::Redirect& redirect) {
  ResponseHead head;
  head.status = redirect.status;
  head.headers.add("location", routing::redirect_location(redirect, match_, head_));
  send_reply(std::move(head), "");
}

void Exchange::rewrite() {
  const routing::Route& route = *match_.route;
  if (route.prefix_rewrite.has_value()) {
    head_.headers.set("x-envoy-original-path", head_.path);
    head_.path = head_.headers.intern(routing::rewrite_path(route, match_, head_.path));
  }
  if (!route.host_rewrite.empty()) head_.authority = route.host_rewrite;
  routing::apply_edits(head_.headers, route.request_edits);
  // An upgrade has no body of its own; offered beside one it is not passed on.
  if (head_.body != BodyKind::none) head_.upgrade = {};
}

bool Exchange::choose_cluster() {
  const routing::Route& route = *match_.route;
  const routing::WeightedCluster* chosen = &route.clusters.front();
  if (route.clusters.size() > 1) {
    uint32_t draw = context_.rng.below(route.total_weight);
    for (const routing::WeightedCluster& candidate : route.clusters) {
      chosen = &candidate;
      if (draw < candidate.weight) break;
      draw -= candidate.weight;
    }
  }
  cluster_ = generation_->find(chosen->cluster);
  if (cluster_ != nullptr) return true;
  if (context_.taps != nullptr && !route.shadows.empty()) {
    context_.taps->refuse(route, TapRefusal::primary_rejected);
  }
  reply(503, "no such upstream", kFlagNoCluster);
  return false;
}

void Exchange::open_tap() {
  const routing::Route& route = *match_.route;
  if (context_.taps == nullptr || route.shadows.empty()) return;
  if (!head_.upgrade.empty() || head_.method == Method::connect) {
    return context_.taps->refuse(route, TapRefusal::upgrade);
  }
  tap_ = context_.taps->open(head_, {*generation_, route, client_.peer()});
}

void Exchange::attempt() {
  const bool first = attempt_started_ == TimePoint();
  attempt_started_ = context_.loop.now();
  const auto refuse = [&](const Error& error) {
    if (first && context_.taps != nullptr && !match_.route->shadows.empty()) {
      context_.taps->refuse(*match_.route, TapRefusal::primary_rejected);
    }
    reply_to_error(error);
  };
  if (const Result<void> begun = cluster_->begin_request(); !begun) return refuse(begun.error());
  in_attempt_ = true;
  host_ = cluster_->pick();
  if (host_ == nullptr) {
    return refuse({Errc::no_endpoint, Side::backend, Retry::no, "no healthy upstream"});
  }
  ++host_->active;
  backend_address_ = host_->address();
  if (match_.route->retry.per_try_timeout > Millis::zero()) {
    try_timer_.arm(match_.route->retry.per_try_timeout);
  }
  if (http::ClientConnection* idle = host_->take_idle()) {
    if (first) open_tap();
    return on_connection(*idle);
  }
  const Result<void> waiting = host_->wait(*this);
  if (!waiting && waiting.error().code == Errc::overflow) return refuse(waiting.error());
  if (first) open_tap();
  if (!waiting) on_attempt_failed(waiting.error());
}

void Exchange::end_attempt() noexcept {
  PoolTicket::leave();
  try_timer_.cancel();
  if (holds_retry_) cluster_->end_retry();
  holds_retry_ = false;
  if (!in_attempt_) return;
  in_attempt_ = false;
  cluster_->end_request();
  if (host_ != nullptr) --host_->active;
  host_ = nullptr;
}

void Exchange::on_connection(http::ClientConnection& connection) {
  cluster_->stats().requests.add();
  backend_ = &connection.start(*this);
  backend_->send_head(head_);
  for (const Chunk& chunk : replay_) backend_->send_body(chunk);
  if (request_done_ && head_.upgrade.empty()) backend_->send_end(request_trailers_);
  if (!may_send_again()) forget_replay();
  if (client_paused_ && backend_->unsent() <= context_.unsent_high_bytes) {
    client_paused_ = false;
    client_.resume();
  }
}

void Exchange::on_no_connection(const Error& error) { on_attempt_failed(error); }

void Exchange::on_body(Chunk chunk) {
  bytes_received_ += chunk.size();
  context_.stats.bytes_received.add(chunk.size());
  if (tap_ != nullptr) tap_->on_body(chunk);
  if (response_ended_) return;
  if (!tunnel_) keep_for_replay(chunk);
  if (backend_ != nullptr) backend_->send_body(std::move(chunk));
  pause_client_if_full();
}

void Exchange::pause_client_if_full() {
  const size_t waiting = backend_ != nullptr ? backend_->unsent() : replay_bytes_;
  const size_t most =
      backend_ != nullptr ? context_.unsent_high_bytes : context_.held_body_bytes_max;
  if (waiting <= most || client_paused_) return;
  client_paused_ = true;
  client_.pause();
}

void Exchange::on_backend_writable() {
  if (!std::exchange(client_paused_, false)) return;
  client_.resume();
}

void Exchange::on_request_end(Headers trailers) {
  if (tunnel_) {
    if (backend_ != nullptr) backend_->send_end({});
    return end_tunnel_half();
  }
  request_done_ = true;
  request_trailers_ = std::move(trailers);
  if (tap_ != nullptr) tap_->on_request_end(request_trailers_);
  if (response_ended_) return;
  if (backend_ != nullptr && head_.upgrade.empty()) backend_->send_end(request_trailers_);
  arm_route_timeout();
}

void Exchange::end_tunnel_half() noexcept {
  if (!std::exchange(tunnel_half_closed_, true)) return;
  backend_ = nullptr;  // flushes and closes by itself
  end_attempt();
}

void Exchange::arm_route_timeout() {
  if (match_.route != nullptr && match_.route->timeout > Millis::zero()) {
    route_timer_.arm(match_.route->timeout);
  }
}

void Exchange::on_client_gone(Error error) {
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::client_abort);
  if (error.code == Errc::timeout) flags_ |= kFlagStreamIdleTimeout;
  flags_ |= error.code == Errc::protocol ? kFlagClientProtocolError : kFlagClientGone;
  if (!response_ended_) context_.stats.client_gone.add();
  response_ended_ = true;
  route_timer_.cancel();
  retry_timer_.cancel();
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  end_attempt();
  account();
}

void Exchange::on_interim(ResponseHead head) {
  if (!response_started_) client_.send_interim(head);
}

void Exchange::on_response_head(ResponseHead head) {
  backend_answered_ = true;
  backend_time_ = context_.loop.now() - started_;
  cluster_->stats().codes.add(head.status);
  try_timer_.cancel();
  const routing::Route& route = *match_.route;
  if (retries_ < route.retry.count && retries_status(route.retry, head.status) &&
      may_send_again() && cluster_->begin_retry()) {
    std::exchange(backend_, nullptr)->cancel();
    end_attempt();
    holds_retry_ = true;
    return retry_later();
  }
  forget_replay();
  response_started_ = true;
  status_ = head.status;
  if (head.status == 101) {
    tunnel_ = true;
    route_timer_.cancel();
  } else if (!head_.upgrade.empty()) {
    backend_->send_end(request_trailers_);
  }
  routing::apply_edits(head.headers, route.response_edits);
  if (!head.headers.has(Known::date) && head.status != 101) {
    head.headers.add("date", context_.date.value());
  }
  client_.send_head(head);
}

void Exchange::on_response_body(Chunk chunk) {
  bytes_sent_ += chunk.size();
  client_.send_body(std::move(chunk));
  if (client_.unsent() > context_.unsent_high_bytes) backend_->pause();
}

void Exchange::on_client_writable() {
  if (backend_ != nullptr) backend_->resume();
}

void Exchange::on_response_end(Headers trailers) {
  if (tunnel_) {
    client_.send_end({});
    return end_tunnel_half();
  }
  backend_ = nullptr;
  response_ended_ = true;
  route_timer_.cancel();
  cluster_->stats().time.record(context_.loop.now() - attempt_started_);
  end_attempt();
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::primary_rejected);
  client_.send_end(trailers);
  account();
}

void Exchange::on_response_error(Error error) {
  backend_ = nullptr;
  cluster_->stats().resets.add();
  if (!response_started_) return on_attempt_failed(error);
  flags_ |= error.code == Errc::protocol ? kFlagProtocolError : kFlagBackendReset;
  response_ended_ = true;
  route_timer_.cancel();
  end_attempt();
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::primary_rejected);
  client_.reset();
  account();
}

bool Exchange::may_send_again() const noexcept {
  return replay_complete_ &&
         ((match_.route->retry.on != 0 && retries_ < match_.route->retry.count) ||
          (is_idempotent(head_.method) && stale_retries_ < kStaleRetriesMax));
}

void Exchange::on_attempt_failed(const Error& error) {
  const bool stale = error.retry == Retry::if_reused && is_idempotent(head_.method) &&
                     stale_retries_ < kStaleRetriesMax && replay_complete_;
  const routing::RetryPolicy& policy = match_.route->retry;
  const bool by_policy =
      !stale && retries_ < policy.count && retries_error(policy, error) && replay_complete_;
  const bool again = by_policy && cluster_->begin_retry();
  end_attempt();
  if (stale) {
    ++stale_retries_;
    return attempt();
  }
  if (again) {
    holds_retry_ = true;
    return retry_later();
  }
  if (policy.on != 0 && retries_ >= policy.count) flags_ |= kFlagRetryLimit;
  reply_to_error(error);
}

void Exchange::retry_later() {
  ++retries_;
  cluster_->stats().retries.add();
  retry_timer_.arm(retry_backoff(match_.route->retry, retries_, context_.rng));
}

void Exchange::on_route_timeout() {
  if (response_started_) {
    flags_ |= kFlagResponseTimeout;
    cluster_->stats().timeouts.add();
    if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
    response_ended_ = true;
    end_attempt();
    client_.reset();
    return account();
  }
  retry_timer_.cancel();
  cluster_->stats().timeouts.add();
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  reply_to_error({Errc::timeout, Side::backend, Retry::no, "upstream request timeout"});
}

void Exchange::on_try_timeout() {
  cluster_->stats().timeouts.add();
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  on_attempt_failed({Errc::timeout, Side::backend, Retry::no, "upstream request timeout"});
}

// Without a backend every byte must be kept: the client is paused long before that hurts.
void Exchange::keep_for_replay(const Chunk& chunk) {
  const bool fits = replay_bytes_ + chunk.size() <= context_.replay_body_bytes_max;
  if (backend_ != nullptr && !(fits && may_send_again())) return forget_replay();
  replay_.push_back(chunk);
  replay_bytes_ += chunk.size();
}

void Exchange::forget_replay() noexcept {
  replay_complete_ = false;
  replay_.clear();
  replay_bytes_ = 0;
}

void Exchange::reply_to_error(const Error& error) {
  switch (error.code) {
    case Errc::timeout:
      return reply(504, error.detail, kFlagResponseTimeout);
    case Errc::protocol:
    case Errc::limit:
    case Errc::truncated:
      return reply(502, "upstream sent an invalid response", kFlagProtocolError);
    case Errc::overflow:
      return reply(503, "upstream overflow", kFlagOverflow);
    case Errc::no_endpoint:
      return reply(503, "no healthy upstream", kFlagNoHealthyUpstream);
    case Errc::connect_refused:
    case Errc::connect_timeout:
    case Errc::connect_failed:
      return reply(503, "cannot connect to upstream", kFlagConnectFailure);
    default:
      return reply(503, "upstream closed the connection without a response", kFlagBackendReset);
  }
}

void Exchange::reply(uint16_t status, std::string_view text, uint32_t flags) {
  flags_ |= flags;
  ResponseHead head;
  head.status = status;
  if (!text.empty()) head.headers.add("content-type", "text/plain");
  send_reply(std::move(head), text);
}

void Exchange::send_reply(ResponseHead head, std::string_view body) {
  end_attempt();
  route_timer_.cancel();
  forget_replay();
  response_started_ = response_ended_ = true;
  status_ = head.status;
  head.body = BodyKind::sized;
  head.content_length = static_cast<int64_t>(body.size());
  head.headers.add("date", context_.date.value());
  if (match_.route != nullptr) {
    routing::apply_edits(head.headers, match_.route->response_edits);
  }
  bytes_sent_ = head_.method == Method::head ? 0 : body.size();
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::primary_rejected);
  client_.send_head(head);
  if (!body.empty()) client_.send_body(Chunk::copy_of(body));
  client_.send_end({});
  account();
}

void Exchange::account() {
  if (std::exchange(accounted_, true)) return;
  const Duration duration = context_.loop.now() - started_;
  context_.stats.requests_active.add(-1);
  context_.stats.codes.add(status_);
  context_.stats.duration.record(duration);
  context_.stats.bytes_sent.add(bytes_sent_);
  if (context_.access == nullptr) return;
  AccessRecord record;
  record.start = started_wall_;
  record.duration = duration;
  record.backend_time = backend_time_;
  record.backend_answered = backend_answered_;
  record.method = head_.method_name;
  record.path = client_path_;
  record.authority = client_authority_;
  record.version = head_.version;
  record.status = status_;
  record.flags = flags_;
  record.bytes_received = bytes_received_;
  record.bytes_sent = bytes_sent_;
  record.request_headers = &head_.headers;
  record.forwarded_for = head_.headers.get(Known::x_forwarded_for);
  record.user_agent = head_.headers.get(Known::user_agent);
  record.request_id = head_.headers.get(Known::x_request_id);
  if (match_.route != nullptr) record.route = match_.route->name;
  if (cluster_ != nullptr) record.cluster = cluster_->name();
  if (backend_address_.size() != 0) record.backend = &backend_address_;
  record.client = &client_.peer();
  context_.access->on_exchange(record);
}

}  // namespace gnomon::proxy
