#include "proxy/exchange.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "proxy/cors.h"
#include "proxy/grpc.h"
#include "proxy/request_identity.h"
#include "proxy/retry.h"
#include "proxy/stream_limit.h"
#include "routing/rewrite.h"

namespace gnomon::proxy {
namespace {

// A pooled connection may turn out to have been closed by the backend while it was idle; that says
// nothing about the backend's health, so such attempts are repeated outside of any retry policy.
constexpr uint32_t kStaleRetriesMax = 2;

// How long the backend has for an attempt; zero: as long as it likes.
Millis expected_timeout(const routing::Route& route) noexcept {
  const Millis attempt = route.retry.per_try_timeout;
  if (attempt <= Millis::zero()) return route.timeout;
  return route.timeout > Millis::zero() ? std::min(attempt, route.timeout) : attempt;
}

LiveFailure live_failure(const Error& error) noexcept {
  switch (error.code) {
    case Errc::timeout:
      return LiveFailure::timeout;
    case Errc::protocol:
    case Errc::limit:
    case Errc::truncated:
      return LiveFailure::malformed;
    case Errc::overflow:
      return LiveFailure::overflow;
    default:
      return LiveFailure::unanswered;
  }
}

}  // namespace

Exchange::Exchange(const ProxyContext& context, http::ServerStream& client, RequestHead head,
                   ListenerState& listener)
    : context_(context),
      client_(client),
      head_(std::move(head)),
      listener_(listener),
      deadlines_(*this, context.loop),
      pause_timer_(context.loop.timers(), [this] { on_pause_over(); }),
      client_path_(head_.path),
      client_authority_(head_.authority),
      started_(context.loop.now()),
      started_wall_(context.loop.wall()) {
  PoolTicket::client_version_ = head_.version;
  context_.stats.requests.add();
  context_.stats.requests_active.add(1);
}

Exchange::~Exchange() {
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  end_attempt();
  account();
  log();
}

void Exchange::start() {
  generation_ = context_.clusters.current();
  // The asterisk-form asks about the gateway itself (RFC 9110 section 9.3.7).
  settings_ = &listener_settings(*generation_->snapshot, listener_.index());
  is_call_ = is_grpc(head_.headers);
  if (head_.path == "*") return reply(200, "", 0);
  retriable_names_ = take_retriable_names(head_.headers, settings_->identity, client_.peer());
  drop_reserved_fields(head_.headers);
  if (answer_early()) return;
  match_ = generation_->snapshot->match(listener_.index(), head_);
  if (match_.route == nullptr) return reply(404, "", kFlagNoRoute);
  if (!arm_deadlines()) return on_exchange_endless();
  if (pass_filters()) proceed();
}

bool Exchange::pass_filters() {
  const routing::RouteFilters* filters = match_.route->filters.get();
  if (filters == nullptr) return true;
  Admission admission = admit(*filters, head_, context_.rng, context_.loop.now());
  origin_allowed_ = admission.origin_allowed;
  if (admission.delay > Millis::zero()) {
    flags_ |= kFlagDelayInjected;
    pause_timer_.arm(admission.delay);
    held_ = std::make_unique<Admission>(std::move(admission));
    return false;
  }
  if (!admission.reply) return true;
  flags_ |= admission.reply->flags;
  send_reply(std::move(admission.reply->head), admission.reply->body);
  return false;
}

void Exchange::on_pause_over() {
  if (held_ == nullptr) return attempt();
  const std::unique_ptr<Admission> admission = std::move(held_);
  if (!admission->reply) return proceed();
  flags_ |= admission->reply->flags;
  send_reply(std::move(admission->reply->head), admission->reply->body);
}

void Exchange::proceed() {
  const routing::Route& route = *match_.route;
  if (route.direct) return answer_directly(*route.direct);
  if (route.redirect) return answer_redirect(*route.redirect);
  if (!choose_cluster()) return;
  rewrite();
  attempt();
}

bool Exchange::answer_early() {
  RequestFront front(*settings_, listener_, context_.rng, context_.stats);
  std::optional<FrontAnswer> answer = front.admit(head_, client_, started_, front_);
  if (!answer) return false;
  front_.details = answer->details;
  flags_ |= answer->flags;
  if (answer->closes) client_.close_after_answer();
  ResponseHead head;
  head.status = answer->status;
  if (!answer->location.empty()) head.headers.add("location", answer->location);
  if (!answer->text.empty()) head.headers.add("content-type", "text/plain");
  send_reply(std::move(head), answer->text);
  return true;
}

void Exchange::answer_directly(const routing::DirectResponse& direct) {
  ResponseHead head;
  head.status = direct.status;
  send_reply(std::move(head), direct.body);
}

void Exchange::answer_redirect(const routing::Redirect& redirect) {
  ResponseHead head;
  head.status = redirect.status;
  head.headers.add("location", routing::redirect_location(redirect, match_, head_));
  send_reply(std::move(head), "");
}

// In Envoy's order: fields first, which thus see the path and host that the client sent.
void Exchange::rewrite() {
  const routing::Route& route = *match_.route;
  apply_edits(head_.headers, &routing::HeaderEdits::request, nullptr);
  if (const auto host = routing::rewrite_host(route.host_rewrite, head_)) rewrite_host(*host);
  if (route.prefix_rewrite || route.regex_rewrite) {
    if (!settings_->suppress_envoy_headers) {
      head_.headers.set("x-envoy-original-path", head_.path);
    }
    head_.path = head_.headers.intern(routing::rewrite_path(route, match_, head_.path));
  }
  const Millis expected = expected_timeout(route);
  if (expected > Millis::zero() && !settings_->suppress_envoy_headers) {
    head_.headers.set("x-envoy-expected-rq-timeout-ms", std::to_string(expected.count()));
  }
  if (route.filters != nullptr && !route.filters->hash.empty()) {
    hash_ = hash_request(route.filters->hash, head_, client_.peer());
  }
  // An upgrade has no body of its own; offered beside one it is not passed on.
  if (head_.body != BodyKind::none) head_.upgrade = {};
}

void Exchange::rewrite_host(std::string_view authority) {
  if (match_.route->host_rewrite.append_forwarded_host) {
    routing::append_forwarded_host(head_.headers, head_.authority);
  }
  head_.headers.set("x-envoy-original-host", head_.authority);
  head_.authority = head_.headers.intern(authority);
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
  destination_ = chosen;
  if (route.cluster_header.empty()) {
    cluster_id_ = chosen->cluster;
  } else {
    const std::string_view name = head_.headers.get(std::string_view(route.cluster_header));
    cluster_id_ = generation_->snapshot->find_cluster(name);
  }
  cluster_ = generation_->find(cluster_id_);
  if (cluster_ != nullptr) return true;
  if (context_.taps != nullptr && !route.shadows.empty()) {
    context_.taps->refuse(route, TapRefusal::primary_rejected);
  }
  reply(route.cluster_header.empty() ? 503 : 404, "no such upstream", kFlagNoCluster);
  return false;
}

// Known only now that a host was picked, and not done to copies, as in Envoy.
void Exchange::rewrite_host_for_backend() {
  if (match_.route->host_rewrite.kind != routing::HostRewrite::Kind::backend) return;
  const std::string_view name = host_->hostname();
  if (!name.empty() && name != head_.authority) rewrite_host(name);
}

void Exchange::open_tap() {
  const routing::Route& route = *match_.route;
  if (context_.taps == nullptr || route.shadows.empty()) return;
  if (!head_.upgrade.empty() || head_.method == Method::connect) {
    return context_.taps->refuse(route, TapRefusal::upgrade);
  }
  tap_ = context_.taps->open(
      head_, {*generation_, route, cluster_id_, client_.peer(), hash_.value, &client_});
  if (tap_ == nullptr) return;
  // What came while a fault held the request back.
  for (const Chunk& chunk : replay_) tap_->on_body(chunk);
  if (request_done_) tap_->on_request_end(request_trailers_);
}

void Exchange::attempt() {
  const bool first = attempt_started_ == TimePoint();
  attempt_started_ = context_.loop.now();
  head_sent_ = false;
  tls_failure_.clear();
  grpc_status_.reset();
  if (first && request_done_) arm_answer_deadline();
  if (match_.route->attempt_count_in_request) {
    head_.headers.set("x-envoy-attempt-count", std::to_string(attempts_ + 1));
  }
  ++attempts_;
  const auto refuse = [&](const Error& error) {
    if (first && context_.taps != nullptr && !match_.route->shadows.empty()) {
      context_.taps->refuse(*match_.route, TapRefusal::primary_rejected);
    }
    reply_to_error(error);
  };
  if (const Result<void> begun = cluster_->begin_request(); !begun) return refuse(begun.error());
  in_attempt_ = true;
  host_ = cluster_->pick({.hash = hash_.value, .subset = &destination_->subset});
  if (host_ == nullptr) {
    return refuse({Errc::no_endpoint, Side::backend, Retry::no, "no healthy upstream"});
  }
  ++host_->active;
  backend_address_ = host_->address();
  deadlines_.arm_attempt(match_.route->retry.per_try_timeout);
  if (cluster_->speaks_for_clients()) origin_ = {client_.peer(), client_.local()};
  if (http::ClientConnection* idle = host_->take_idle(*this)) {
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
  deadlines_.end_attempt();
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
  backend_is_http2_ = connection.speaks_http2();
  backend_ = &connection.start(*this);
  rewrite_host_for_backend();
  backend_->send_head(head_);
  head_sent_ = true;
  deadlines_.arm_attempt_duration(cluster_->limits().rules.stream_duration_max);
  for (const Chunk& chunk : replay_) backend_->send_body(chunk);
  if (request_done_ && head_.upgrade.empty()) backend_->send_end(request_trailers_);
  if (!may_send_again()) forget_replay();
  if (client_paused_ && backend_->unsent() <= backend_high_bytes()) {
    client_paused_ = false;
    client_.resume();
  }
}

void Exchange::on_no_connection(const Error& error) {
  const bool unconnected =
      error.code == Errc::connect_failed || error.code == Errc::connect_timeout;
  const tls::HandshakeFailure* failure = unconnected ? host_->handshake_failure() : nullptr;
  if (failure != nullptr) tls_failure_ = failure->text;
  on_attempt_failed(error);
}

void Exchange::on_body(Chunk chunk) {
  bytes_received_ += chunk.size();
  context_.stats.bytes_received.add(chunk.size());
  deadlines_.note_activity();
  if (!response_ended_ && body_too_large()) return give_up(413, "Payload Too Large", 0);
  if (tap_ != nullptr) tap_->on_body(chunk);
  if (response_ended_) return;
  if (!tunnel_) keep_for_replay(chunk);
  if (backend_ != nullptr) backend_->send_body(std::move(chunk));
  pause_client_if_full();
}

void Exchange::pause_client_if_full() {
  const size_t waiting = backend_ != nullptr ? backend_->unsent() : replay_bytes_;
  const size_t most = backend_ != nullptr ? backend_high_bytes() : context_.held_body_bytes_max;
  if (waiting <= most || client_paused_) return;
  client_paused_ = true;
  client_.pause();
}

size_t Exchange::backend_high_bytes() const noexcept {
  const auto& limit = cluster_->limits().rules.buffer_bytes;
  return limit ? *limit : context_.unsent_high_bytes;
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
  request_time_ = context_.loop.now() - started_;
  request_trailers_ = std::move(trailers);
  if (tap_ != nullptr) tap_->on_request_end(request_trailers_);
  if (response_ended_) return;
  if (backend_ != nullptr && head_.upgrade.empty()) backend_->send_end(request_trailers_);
  if (attempts_ > 0) arm_answer_deadline();
}

void Exchange::end_tunnel_half() noexcept {
  if (!std::exchange(tunnel_half_closed_, true)) return;
  backend_ = nullptr;  // flushes and closes by itself
  end_attempt();
}

void Exchange::arm_answer_deadline() {
  if (match_.route != nullptr) deadlines_.arm_answer(match_.route->timeout);
}

void Exchange::on_client_gone(Error error) {
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::client_abort);
  if (!response_ended_) tell_tap(LiveFailure::client_gone);
  const size_t unsent = client_.unsent();
  if (!response_ended_ || unsent > 0) {
    if (error.code == Errc::timeout) flags_ |= kFlagStreamIdleTimeout;
    flags_ |= error.code == Errc::protocol ? kFlagClientProtocolError : kFlagClientGone;
    context_.stats.client_gone.add();
    // Framing among it is not told apart.
    bytes_sent_ -= std::min<uint64_t>(bytes_sent_, unsent);
  }
  response_ended_ = true;
  pause_timer_.cancel();
  deadlines_.stop();
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  end_attempt();
  account();
  log();
}

void Exchange::on_interim(ResponseHead head) {
  if (!response_started_) client_.send_interim(head);
}

void Exchange::on_response_head(ResponseHead head) {
  backend_answered_ = true;
  host_->report_status(head.status);
  backend_time_ = context_.loop.now() - started_;
  deadlines_.note_activity();
  cluster_->stats().codes.add(head.status);
  if (is_call_) grpc_status_ = grpc_status(head.headers);
  deadlines_.on_attempt_answered();
  const routing::Route& route = *match_.route;
  if (retries_ < route.retry.count && retries_response(route.retry, head, retriable_names_) &&
      may_send_again() && cluster_->begin_retry()) {
    const std::optional<Millis> asked =
        requested_backoff(route.retry, head.headers, context_.loop.wall(), context_.rng);
    if (grpc_status_) cluster_->stats().grpc.add(*grpc_status_);
    if (tap_ != nullptr) tap_->on_retry(head);
    std::exchange(backend_, nullptr)->cancel();
    end_attempt();
    holds_retry_ = true;
    return retry_after(asked.value_or(retry_backoff(route.retry, retries_ + 1, context_.rng)));
  }
  if (opens_tunnel_by_mistake(head)) {
    return give_up(502, "upstream did not switch protocols", kFlagProtocolError);
  }
  forget_replay();
  response_started_ = true;
  status_ = head.status;
  if (head.status == 101) {
    tunnel_ = true;
    deadlines_.end_answer();
  } else if (!head_.upgrade.empty()) {
    backend_->send_end(request_trailers_);
  }
  if (tap_ != nullptr) tap_->on_answer(head);
  if (!settings_->suppress_envoy_headers) {
    const auto took = std::chrono::duration_cast<Millis>(context_.loop.now() - attempt_started_);
    head.headers.set("x-envoy-upstream-service-time", std::to_string(took.count()));
  }
  decorate(head);
  if (!head.headers.has(Known::date) && head.status != 101) {
    head.headers.add("date", context_.date.value());
  }
  decorate_answer(head.headers, *settings_, front_.rate);
  client_.send_head(head);
  if (listener_.logs_responses()) response_head_ = std::move(head);
}

// To an HTTP/2 client any 2xx says that the tunnel is open (RFC 8441), but to a backend that was
// asked for an upgrade only 101 does.
bool Exchange::opens_tunnel_by_mistake(const ResponseHead& head) const noexcept {
  const bool success = head.status >= 200 && head.status < 300;
  return success && !head_.upgrade.empty() && head_.version == Version::http2;
}

void Exchange::on_response_body(Chunk chunk) {
  bytes_sent_ += chunk.size();
  deadlines_.note_activity();
  if (tap_ != nullptr) tap_->on_answer_body(chunk);
  client_.send_body(std::move(chunk));
  const size_t most = settings_->codec.unsent_bytes.value_or(context_.unsent_high_bytes);
  if (client_.unsent() > most) backend_->pause();
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
  deadlines_.stop();
  cluster_->stats().time.record(context_.loop.now() - attempt_started_);
  if (is_call_) {
    grpc_status_ = grpc_answer(trailers, grpc_status_, status_);
    cluster_->stats().grpc.add(*grpc_status_);
  }
  end_attempt();
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::primary_rejected);
  if (tap_ != nullptr) tap_->on_answer_end(trailers);
  client_.send_end(trailers);
  if (listener_.logs_responses()) response_trailers_ = std::move(trailers);
  account();
}

void Exchange::on_response_error(Error error) {
  backend_ = nullptr;
  cluster_->stats().resets.add();
  if (!response_started_) return on_attempt_failed(error);
  flags_ |= error.code == Errc::protocol ? kFlagProtocolError : kFlagBackendReset;
  tell_tap(error.code == Errc::protocol ? LiveFailure::malformed : LiveFailure::cut_short);
  response_ended_ = true;
  deadlines_.stop();
  end_attempt();
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::primary_rejected);
  client_.reset();
  account();
}

bool Exchange::may_send_again() const noexcept {
  return replay_complete_ &&
         ((match_.route->retry.on != 0 && retries_ < match_.route->retry.count) ||
          // What an HTTP/2 backend says it has not looked at goes again whatever it asks for.
          ((is_idempotent(head_.method) || backend_is_http2_) &&
           stale_retries_ < kStaleRetriesMax));
}

void Exchange::on_attempt_failed(const Error& error) {
  // An HTTP/2 backend that refuses a stream has not looked at the request.
  const bool unseen = error.retry == Retry::yes && error.code == Errc::reset;
  const bool stale = (unseen || (error.retry == Retry::if_reused && is_idempotent(head_.method))) &&
                     stale_retries_ < kStaleRetriesMax && replay_complete_;
  if (host_ != nullptr && !stale) host_->report_failure(error);
  const routing::RetryPolicy& policy = match_.route->retry;
  const bool by_policy = !stale && retries_ < policy.count &&
                         retries_error(policy, error, head_sent_) && replay_complete_;
  const bool again = by_policy && cluster_->begin_retry();
  end_attempt();
  if (tap_ != nullptr && (stale || again)) tap_->on_retry(live_failure(error));
  if (stale) {
    ++stale_retries_;
    return attempt();
  }
  if (again) {
    holds_retry_ = true;
    return retry_after(retry_backoff(policy, retries_ + 1, context_.rng));
  }
  if (policy.on != 0 && retries_ >= policy.count) flags_ |= kFlagRetryLimit;
  reply_to_error(error);
}

void Exchange::retry_after(Millis pause) {
  ++retries_;
  cluster_->stats().retries.add();
  pause_timer_.arm(pause);
}

void Exchange::on_answer_late() {
  cluster_->stats().timeouts.add();
  if (host_ != nullptr && !response_started_) {
    host_->report_failure({Errc::timeout, Side::backend, Retry::no, "upstream request timeout"});
  }
  give_up(504, "upstream request timeout", kFlagResponseTimeout);
}

// Ends it here and now: with an answer, or, where one has begun already, without its end.
void Exchange::give_up(uint16_t status, std::string_view text, uint32_t flags) {
  pause_timer_.cancel();
  held_.reset();
  if (backend_ != nullptr) std::exchange(backend_, nullptr)->cancel();
  tell_tap(LiveFailure::timeout);
  if (!response_started_) return reply(status, text, flags);
  flags_ |= flags;
  response_ended_ = true;
  deadlines_.stop();
  end_attempt();
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::primary_rejected);
  client_.reset();
  account();
}

bool Exchange::arm_deadlines() {
  const routing::Route& route = *match_.route;
  if (route.idle_timeout) {
    client_.leave_idling_to_handler();
    deadlines_.arm_idle(*route.idle_timeout);
  }
  const StreamLimit limit =
      stream_limit(route, settings_->codec.max_stream_duration, head_.headers);
  // Calls are to be told in their own language.
  if (!limit.is_route_s && !is_call_) return true;
  client_.leave_duration_to_handler();
  if (!limit.longest) return true;
  if (limit.is_route_s && is_call_) {
    head_.headers.set("grpc-timeout", grpc_timeout_value(*limit.longest));
  }
  deadlines_.arm_duration(*limit.longest);
  return *limit.longest > Millis::zero();
}

// Never repeated, as in Envoy.
void Exchange::on_attempt_endless() {
  cluster_->stats().timeouts.add();
  give_up(request_done_ ? 504 : 408, "upstream max stream duration reached",
          kFlagMaxStreamDuration);
}

void Exchange::on_exchange_idle() {
  give_up(request_done_ ? 504 : 408, "stream timeout", kFlagStreamIdleTimeout);
}

void Exchange::on_exchange_endless() {
  front_.details = "max_duration_timeout";
  if (!response_started_) grpc_status_ = kGrpcDeadlineExceeded;
  give_up(request_done_ ? 504 : 408, "downstream duration timeout", 0);
}

bool Exchange::body_too_large() const noexcept {
  if (tunnel_ || match_.route == nullptr || match_.route->filters == nullptr) return false;
  const uint64_t most = match_.route->filters->body_bytes_max.value_or(0);
  return most > 0 && bytes_received_ > most;
}

void Exchange::decorate(ResponseHead& head) {
  if (match_.route == nullptr) return;
  const routing::Route& route = *match_.route;
  apply_edits(head.headers, &routing::HeaderEdits::response, &head);
  if (origin_allowed_) {
    mark_allowed(*route.filters->cors, head_.headers.get("origin"), head.headers);
  }
  if (!hash_.set_cookie.empty()) head.headers.add("set-cookie", hash_.set_cookie);
  if (route.attempt_count_in_response && attempts_ > 0) {
    head.headers.set("x-envoy-attempt-count", std::to_string(attempts_));
  }
}

void Exchange::on_attempt_late() {
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

void Exchange::tell_tap(LiveFailure why) noexcept {
  if (tap_ != nullptr) tap_->on_answer_failed(why);
}

void Exchange::reply_to_error(const Error& error) {
  tell_tap(live_failure(error));
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
  send_reply(std::move(head), text);
}

void Exchange::send_reply(ResponseHead head, std::string_view body) {
  end_attempt();
  deadlines_.stop();
  forget_replay();
  response_started_ = response_ended_ = true;
  if (is_call_) {
    if (!grpc_status_) grpc_status_ = grpc_status_of(head.status);
    make_grpc_answer(head, body, *grpc_status_);
    body = {};
  }
  status_ = head.status;
  head.body = BodyKind::sized;
  head.content_length = static_cast<int64_t>(body.size());
  head.headers.add("date", context_.date.value());
  decorate(head);
  // Only now, so that a route may say something else.
  if (!body.empty() && head.headers.find("content-type") == nullptr) {
    head.headers.add("content-type", "text/plain");
  }
  decorate_answer(head.headers, *settings_, front_.rate);
  bytes_sent_ = head_.method == Method::head ? 0 : body.size();
  if (tap_ != nullptr && !request_done_) tap_->on_cut(TapCut::primary_rejected);
  client_.send_head(head);
  if (!body.empty()) client_.send_body(Chunk::copy_of(body));
  client_.send_end({});
  if (listener_.logs_responses()) response_head_ = std::move(head);
  account();
}

void Exchange::account() {
  if (std::exchange(accounted_, true)) return;
  context_.stats.requests_active.add(-1);
  context_.stats.codes.add(status_);
  context_.stats.duration.record(context_.loop.now() - started_);
}

void Exchange::log() {
  if (std::exchange(logged_, true)) return;
  context_.stats.bytes_sent.add(bytes_sent_);
  if (context_.access == nullptr && !listener_.logs()) return;
  StreamFacts record = facts(context_.loop.now() - started_);
  if (listener_.logs_responses()) {
    record.response = &response_head_;
    record.response_trailers = &response_trailers_;
  }
  if (context_.access != nullptr) context_.access->on_exchange(record);
  if (listener_.logs()) listener_.log(record);
}

void Exchange::apply_edits(Headers& headers, EditSide side, const ResponseHead* response) {
  const HeaderLevels levels(*match_.route, destination_,
                            settings_->most_specific_header_mutations_wins);
  levels.apply(headers, side, [&] {
    StreamFacts seen = facts(context_.loop.now() - started_);
    seen.response = response;
    return seen;
  });
}

StreamFacts Exchange::facts(Duration duration) const {
  StreamFacts record;
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
  record.request = &head_;
  record.attempts = attempts_;
  if (is_call_ && status_ != 0) record.grpc_status = grpc_status_.value_or(grpc_status_of(status_));
  record.transport_failure = tls_failure_;
  record.forwarded_for = head_.headers.get(Known::x_forwarded_for);
  record.user_agent = head_.headers.get(Known::user_agent);
  record.request_id = head_.headers.get(Known::x_request_id);
  if (match_.route != nullptr) record.route = match_.route->name;
  if (cluster_ != nullptr) record.cluster = cluster_->name();
  if (backend_address_.size() != 0) record.backend = &backend_address_;
  record.client = &client_.peer();
  http::ConnectionScope& connection = client_.connection();
  if (connection.local.size() == 0) connection.local = client_.local();
  record.local = &connection.local;
  record.connection_id = connection.id;
  record.tls = client_.tls();
  record.details = front_.details;
  record.trusted_client_ip = front_.trusted_client_ip;
  record.health_check = front_.health_check;
  record.request_time = request_time_;
  return record;
}

}  // namespace gnomon::proxy
