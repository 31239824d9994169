#include "proxy/version_pool.h"

#include <algorithm>
#include <utility>

#include "net/tls_stream.h"

namespace gnomon::proxy {
namespace {

// A host that refuses handshakes is told of once in this time, not for each connection.
constexpr auto kLogPause = std::chrono::minutes(1);

}  // namespace

void PoolTicket::leave() noexcept {
  if (pool_ == nullptr) return;
  std::erase(pool_->waiting_, this);
  pool_->counts_.pending.give_back();
  pool_->stats_.requests_pending.add(-1);
  pool_ = nullptr;
}

VersionPool::VersionPool(const PoolContext& context, const PoolLimits& limits, Protocol protocol,
                         uint32_t pipelining, PoolHost& host, BreakerCounts& counts,
                         ClusterStats& stats)
    : context_(context),
      limits_(limits),
      protocol_(protocol),
      pipelining_(pipelining),
      host_(host),
      counts_(counts),
      stats_(stats),
      graveyard_(context.loop) {}

VersionPool::~VersionPool() {
  while (!waiting_.empty()) waiting_.front()->leave();
  const auto open = std::exchange(connections_, {});
  for (size_t i = 0; i < open.size(); ++i) {
    counts_.connections.give_back();
    stats_.connections_active.add(-1);
  }
}

http::ClientConnection* VersionPool::take_idle(const PoolTicket& ticket) noexcept {
  if (shares()) return take_shared(ticket);
  auto found = idle_.rbegin();
  if (speaks_for_clients()) {
    found = std::find_if(idle_.rbegin(), idle_.rend(), [&](http::ClientConnection* connection) {
      return connections_.find(connection)->second.client == ticket.origin_.client;
    });
  }
  if (found == idle_.rend()) return nullptr;
  http::ClientConnection* connection = *found;
  idle_.erase(std::next(found).base());
  ++connections_.find(connection)->second.requests;
  if (host_.monitor != nullptr) host_.monitor->on_connected();
  return connection;
}

Result<void> VersionPool::wait(PoolTicket& ticket) {
  if (!counts_.pending.take(limits_.breakers.max_pending_requests)) {
    stats_.overflow_pending.add();
    return std::unexpected(
        Error{Errc::overflow, Side::backend, Retry::no, "too many requests wait for a connection"});
  }
  if (expected_room() <= waiting_.size() || speaks_for_clients()) {
    const Result<void> opened = open_connection(ticket.origin_);
    // With every connection in use a request may still wait for one of them to come free.
    const bool others = connections_.size() > 0;
    if (!opened && !(opened.error().code == Errc::overflow && others)) {
      counts_.pending.give_back();
      return opened;
    }
  }
  ticket.pool_ = this;
  waiting_.push_back(&ticket);
  stats_.requests_pending.add(1);
  return {};
}

Result<void> VersionPool::open_connection(const Origin& origin) {
  if (!counts_.connections.take(limits_.breakers.max_connections)) {
    stats_.overflow_connections.add();
    return std::unexpected(
        Error{Errc::overflow, Side::backend, Retry::no, "too many connections to the upstream"});
  }
  if (host_.monitor != nullptr) host_.monitor->mark_used();
  const routing::ConnectionRules& rules = limits_.rules;
  const net::Keepalive keepalive{rules.keepalive, rules.keepalive_probes, rules.keepalive_time_s,
                                 rules.keepalive_interval_s};
  Result<std::unique_ptr<net::Stream>> stream =
      context_.network.connect(host_.address, context_.lane, keepalive);
  if (!stream) {
    host_.handshake_failure.reset();
    counts_.connections.give_back();
    stats_.connect_failures.add();
    return std::unexpected(stream.error());
  }
  auto connection = make_connection(std::move(*stream), proxy_header(rules.proxy_protocol, origin));
  http::ClientConnection* key = connection.get();
  connections_.emplace(key, Open{std::move(connection), 0, false, origin.client});
  ++connecting_;
  stats_.connections.add();
  stats_.connections_active.add(1);
  return {};
}

// A PROXY header comes before TLS: it is for whoever ends that.
std::unique_ptr<http::ClientConnection> VersionPool::make_connection(
    std::unique_ptr<net::Stream> stream, std::string preface) {
  if (limits_.tls != nullptr) {
    stream = net::make_tls_client(
        context_.loop, context_.lane, std::move(stream),
        {limits_.tls, host_.server_name, protocol_ == Protocol::http2 ? "h2" : ""},
        std::exchange(preface, {}));
  }
  const http::ClientContext client{context_.loop, context_.read_buffer, limits_.client,
                                   context_.lane, streams_expected_};
  if (protocol_ == Protocol::http1 && pipelining_ > 1) {
    return http::make_client_h1_pipeline(client, *this, std::move(stream), limits_.connect_timeout,
                                         preface, pipelining_);
  }
  const auto make = protocol_ == Protocol::http2 ? http::make_client_h2 : http::make_client_h1;
  return make(client, *this, std::move(stream), limits_.connect_timeout, preface);
}

PoolTicket* VersionPool::next_ticket() noexcept {
  if (waiting_.empty()) return nullptr;
  PoolTicket* ticket = waiting_.front();
  ticket->leave();
  return ticket;
}

void VersionPool::on_connected(http::ClientConnection& connection) {
  --connecting_;
  if (!shares()) return give(connection);
  shared_.push_back(&connection);
  share(connection);
}

void VersionPool::on_idle(http::ClientConnection& connection) {
  if (!shares()) return give(connection);
  if (const auto allowed = connection.streams_allowed()) {
    streams_expected_ = std::clamp(*allowed, uint32_t{1}, http::kStreamsExpected);
  }
  share(connection);
}

bool VersionPool::may_serve(const Open& open) const noexcept {
  const uint32_t most = limits_.rules.requests_max;
  return !open.retire && (most == 0 || open.requests < most);
}

PoolTicket* VersionPool::next_ticket_for(const Open& open) noexcept {
  if (!speaks_for_clients()) return next_ticket();
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](PoolTicket* ticket) {
    return ticket->origin_.client == open.client;
  });
  if (found == waiting_.end()) return nullptr;
  PoolTicket* ticket = *found;
  ticket->leave();
  return ticket;
}

void VersionPool::hand_over(PoolTicket& ticket, Open& open) {
  ++open.requests;
  if (host_.monitor != nullptr) host_.monitor->on_connected();
  ticket.on_connection(*open.connection);
}

void VersionPool::give(http::ClientConnection& connection) {
  Open& open = connections_.find(&connection)->second;
  if (!may_serve(open)) return connection.close();
  if (PoolTicket* ticket = next_ticket_for(open)) return hand_over(*ticket, open);
  // One that speaks for another client makes room for those who wait.
  if (draining_ || !waiting_.empty()) return connection.close();
  idle_.push_back(&connection);
}

// One that is to be pipelined serves a single request until that is answered; for those who still
// wait when it is open another is opened.
size_t VersionPool::expected_room() const noexcept {
  if (protocol_ == Protocol::http1) return connecting_ * pipelining_;
  return connecting_ * std::min(limits_.client.h2.streams_max, streams_expected_);
}

http::ClientConnection* VersionPool::take_shared(const PoolTicket& ticket) noexcept {
  if (!waiting_.empty()) return nullptr;  // they were first
  for (http::ClientConnection* connection : shared_) {
    if (connection->room() == 0) continue;
    Open& open = connections_.find(connection)->second;
    if (!may_serve(open)) continue;
    if (speaks_for_clients() && !(open.client == ticket.origin_.client)) continue;
    ++open.requests;
    if (host_.monitor != nullptr) host_.monitor->on_connected();
    return connection;
  }
  return nullptr;
}

// What a ticket does with its connection may end it, and with it the record.
void VersionPool::share(http::ClientConnection& connection) {
  while (true) {
    const auto it = connections_.find(&connection);
    if (it == connections_.end()) return;
    Open& open = it->second;
    if (may_serve(open) && connection.room() > 0) {
      if (PoolTicket* ticket = next_ticket_for(open)) {
        hand_over(*ticket, open);
        continue;
      }
    }
    // One that speaks for another client makes room for those who wait.
    const bool in_the_way = speaks_for_clients() && !waiting_.empty();
    if (connection.idle() && (draining_ || in_the_way || !may_serve(open))) connection.close();
    break;
  }
  replace_closed();
}

void VersionPool::close_idle_shared(TimePoint idle_before) {
  const std::vector<http::ClientConnection*> open = shared_;
  for (http::ClientConnection* connection : open) {
    if (connection->idle() && connection->idle_since() < idle_before) connection->close();
  }
}

void VersionPool::fail_waiting(const Error& error) {
  // Those who ask again meanwhile stand behind them.
  for (size_t n = waiting_.size(); n > 0; --n) {
    if (PoolTicket* ticket = next_ticket()) ticket->on_no_connection(error);
  }
}

void VersionPool::on_closed(http::ClientConnection& connection, const Error* connect_error) {
  const auto it = connections_.find(&connection);
  if (it == connections_.end()) return;
  std::erase(idle_, &connection);
  std::erase(shared_, &connection);
  Open open = std::move(it->second);
  connections_.erase(it);
  graveyard_.bury(std::move(open.connection));
  counts_.connections.give_back();
  stats_.connections_active.add(-1);
  PoolTicket* failed = nullptr;
  if (connect_error != nullptr) {
    --connecting_;
    stats_.connect_failures.add();
    note_handshake(connection.handshake_failure());
    // All that wait were to share the connection.
    if (shares() && connecting_ == 0) return fail_waiting(*connect_error);
    failed = next_ticket_for(open);
  }
  replace_closed();
  if (failed != nullptr) failed->on_no_connection(*connect_error);
}

void VersionPool::note_handshake(const tls::HandshakeFailure* failure) {
  host_.handshake_failure.reset();
  if (failure == nullptr) return;
  host_.handshake_failure = std::make_unique<tls::HandshakeFailure>(*failure);
  stats_.handshake_failures.add(failure->cause);
  const TimePoint now = context_.loop.now();
  if (context_.log == nullptr || now < host_.quiet_until) return;
  host_.quiet_until = now + kLogPause;
  context_.log->warn("a TLS handshake with a backend failed",
                     {{"host", host_.address.to_string()},
                      {"leg", context_.lane == net::Lane::live ? "primary" : "shadow"},
                      {"reason", failure->text}});
}

// Somebody may have been waiting for the room that a closed connection leaves.
void VersionPool::replace_closed() {
  const size_t room = expected_room();
  if (waiting_.size() <= room) return;
  const Result<void> opened = open_connection(waiting_[room]->origin_);
  const bool others = connections_.size() > connecting_;
  if (opened || (opened.error().code == Errc::overflow && others)) return;
  if (PoolTicket* ticket = next_ticket()) ticket->on_no_connection(opened.error());
}

void VersionPool::renew() {
  for (auto& [key, open] : connections_) open.retire = true;
  const std::vector<http::ClientConnection*> idle = std::exchange(idle_, {});
  for (http::ClientConnection* connection : idle) connection->close();
  close_idle_shared(TimePoint::max());
}

void VersionPool::drain() {
  draining_ = true;
  const std::vector<http::ClientConnection*> idle = std::exchange(idle_, {});
  for (http::ClientConnection* connection : idle) connection->close();
  close_idle_shared(TimePoint::max());
}

void VersionPool::close_stale() {
  if (limits_.idle_timeout == Millis::zero()) return;
  const TimePoint oldest = context_.loop.now() - limits_.idle_timeout;
  close_idle_shared(oldest);
  size_t stale = 0;
  while (stale < idle_.size() && idle_[stale]->idle_since() < oldest) ++stale;
  const std::vector<http::ClientConnection*> victims(idle_.begin(),
                                                     idle_.begin() + static_cast<ptrdiff_t>(stale));
  for (http::ClientConnection* connection : victims) connection->close();
}

void VersionPool::close_idle() {
  http::ClientConnection* oldest = idle_.empty() ? nullptr : idle_.front();
  for (http::ClientConnection* connection : shared_) {
    if (!connection->idle()) continue;
    if (oldest == nullptr || connection->idle_since() < oldest->idle_since()) oldest = connection;
  }
  if (oldest != nullptr) oldest->close();
}

}  // namespace gnomon::proxy
