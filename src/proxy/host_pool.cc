#include "proxy/host_pool.h"

#include <algorithm>
#include <utility>

namespace gnomon::proxy {

void PoolTicket::leave() noexcept {
  if (pool_ == nullptr) return;
  std::erase(pool_->waiting_, this);
  pool_->counts_.pending.give_back();
  pool_->stats_.requests_pending.add(-1);
  pool_ = nullptr;
}

HostPool::HostPool(const PoolContext& context, const PoolLimits& limits,
                   const net::Address& address, BreakerCounts& counts, ClusterStats& stats)
    : context_(context),
      limits_(limits),
      address_(address),
      counts_(counts),
      stats_(stats),
      graveyard_(context.loop) {}

HostPool::~HostPool() {
  while (!waiting_.empty()) waiting_.front()->leave();
  const auto open = std::exchange(connections_, {});
  for (size_t i = 0; i < open.size(); ++i) {
    counts_.connections.give_back();
    stats_.connections_active.add(-1);
  }
}

http::ClientConnection* HostPool::take_idle() noexcept {
  if (idle_.empty()) return nullptr;
  http::ClientConnection* connection = idle_.back();
  idle_.pop_back();
  return connection;
}

Result<void> HostPool::wait(PoolTicket& ticket) {
  if (!counts_.pending.take(limits_.breakers.max_pending_requests)) {
    stats_.overflow_pending.add();
    return std::unexpected(
        Error{Errc::overflow, Side::backend, Retry::no, "too many requests wait for a connection"});
  }
  if (connecting_ <= waiting_.size()) {
    const Result<void> opened = open_connection();
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

Result<void> HostPool::open_connection() {
  if (!counts_.connections.take(limits_.breakers.max_connections)) {
    stats_.overflow_connections.add();
    return std::unexpected(
        Error{Errc::overflow, Side::backend, Retry::no, "too many connections to the upstream"});
  }
  Result<std::unique_ptr<net::Stream>> stream = context_.network.connect(address_, context_.lane);
  if (!stream) {
    counts_.connections.give_back();
    stats_.connect_failures.add();
    return std::unexpected(stream.error());
  }
  const http::ClientContext client{context_.loop, context_.read_buffer, context_.settings,
                                   context_.lane};
  auto connection =
      http::make_client_h1(client, *this, std::move(*stream), limits_.connect_timeout);
  http::ClientConnection* key = connection.get();
  connections_.emplace(key, std::move(connection));
  ++connecting_;
  stats_.connections.add();
  stats_.connections_active.add(1);
  return {};
}

PoolTicket* HostPool::next_ticket() noexcept {
  if (waiting_.empty()) return nullptr;
  PoolTicket* ticket = waiting_.front();
  ticket->leave();
  return ticket;
}

void HostPool::on_connected(http::ClientConnection& connection) {
  --connecting_;
  give(connection);
}

void HostPool::on_idle(http::ClientConnection& connection) { give(connection); }

void HostPool::give(http::ClientConnection& connection) {
  if (PoolTicket* ticket = next_ticket()) return ticket->on_connection(connection);
  if (draining_) return connection.close();
  idle_.push_back(&connection);
}

void HostPool::on_closed(http::ClientConnection& connection, const Error* connect_error) {
  const auto it = connections_.find(&connection);
  if (it == connections_.end()) return;
  std::erase(idle_, &connection);
  graveyard_.bury(std::move(it->second));
  connections_.erase(it);
  counts_.connections.give_back();
  stats_.connections_active.add(-1);
  if (connect_error != nullptr) {
    --connecting_;
    stats_.connect_failures.add();
    if (PoolTicket* ticket = next_ticket()) return ticket->on_no_connection(*connect_error);
  }
  // Somebody may have been waiting for this very connection to come free.
  if (waiting_.size() > connecting_ && connections_.size() == connecting_) {
    if (const Result<void> opened = open_connection(); !opened) {
      if (PoolTicket* ticket = next_ticket()) ticket->on_no_connection(opened.error());
    }
  }
}

void HostPool::drain() {
  draining_ = true;
  const std::vector<http::ClientConnection*> idle = std::exchange(idle_, {});
  for (http::ClientConnection* connection : idle) connection->close();
}

void HostPool::close_stale() {
  const TimePoint oldest = context_.loop.now() - limits_.idle_timeout;
  size_t stale = 0;
  while (stale < idle_.size() && idle_[stale]->idle_since() < oldest) ++stale;
  const std::vector<http::ClientConnection*> victims(idle_.begin(),
                                                     idle_.begin() + static_cast<ptrdiff_t>(stale));
  for (http::ClientConnection* connection : victims) connection->close();
}

}  // namespace gnomon::proxy
