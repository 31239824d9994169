// The connections of one worker to one address of an upstream.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "http/client_connection.h"
#include "net/graveyard.h"
#include "net/stream.h"
#include "proxy/breaker_counts.h"
#include "proxy/stats.h"
#include "routing/plan.h"

namespace gnomon::proxy {

class HostPool;

// A request that waits for a connection. Owned by the one who waits; destroying it leaves the
// queue.
class PoolTicket {
 public:
  PoolTicket() = default;
  virtual ~PoolTicket() { leave(); }
  PoolTicket(const PoolTicket&) = delete;
  PoolTicket& operator=(const PoolTicket&) = delete;
  void leave() noexcept;

  // Exactly one of the two follows a ticket that was accepted, unless it leaves before.
  virtual void on_connection(http::ClientConnection& connection) = 0;
  virtual void on_no_connection(const Error& error) = 0;

 private:
  friend class HostPool;
  HostPool* pool_ = nullptr;
};

// What pools of one upstream share and borrow. Outlives them.
struct PoolContext {
  net::EventLoop& loop;
  net::Network& network;
  http::ReadBuffer& read_buffer;
  const http::ClientSettings& settings;
  net::Lane lane;
};

// The parts of an upstream that its pools need; changed in place by a reload.
struct PoolLimits {
  routing::Breakers breakers;
  Millis connect_timeout{5000};
  Millis idle_timeout{60'000};  // of a pooled connection
};

class HostPool final : private http::ClientOwner {
 public:
  HostPool(const PoolContext& context, const PoolLimits& limits, const net::Address& address,
           BreakerCounts& counts, ClusterStats& stats);
  ~HostPool();
  HostPool(const HostPool&) = delete;
  HostPool& operator=(const HostPool&) = delete;

  const net::Address& address() const noexcept { return address_; }

  // An idle connection, or null.
  http::ClientConnection* take_idle() noexcept;
  // Queues the ticket and opens a connection for it. An error says why that was refused.
  Result<void> wait(PoolTicket& ticket);

  // Idle connections are closed now, busy ones when their exchange ends.
  void drain();
  // Closes connections that have been idle for too long.
  void close_stale();
  bool unused() const noexcept { return connections_.empty() && waiting_.empty(); }

  // Requests in progress, for least-request balancing. Kept by the cluster.
  uint32_t active = 0;

 private:
  friend class PoolTicket;

  void on_connected(http::ClientConnection& connection) override;
  void on_idle(http::ClientConnection& connection) override;
  void on_closed(http::ClientConnection& connection, const Error* connect_error) override;

  Result<void> open_connection();
  void give(http::ClientConnection& connection);
  PoolTicket* next_ticket() noexcept;

  const PoolContext& context_;
  const PoolLimits& limits_;
  const net::Address address_;
  BreakerCounts& counts_;
  ClusterStats& stats_;
  std::unordered_map<http::ClientConnection*, std::unique_ptr<http::ClientConnection>> connections_;
  std::vector<http::ClientConnection*> idle_;  // the most recently used is last
  std::deque<PoolTicket*> waiting_;
  size_t connecting_ = 0;
  net::Graveyard<http::ClientConnection> graveyard_;
  bool draining_ = false;
};

}  // namespace gnomon::proxy
