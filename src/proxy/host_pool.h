// The connections of one worker to one address of an upstream.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "http/client_connection.h"
#include "net/graveyard.h"
#include "net/stream.h"
#include "proxy/breaker_counts.h"
#include "proxy/host_monitor.h"
#include "proxy/proxy_header.h"
#include "proxy/stats.h"
#include "routing/plan.h"
#include "tls/client_context.h"

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

 protected:
  // Whom the request comes from. Needed only where PoolLimits::rules ask for a PROXY header.
  Origin origin_;

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
  HealthRegistry* health = nullptr;  // null: upstreams have a record of their own
  Log* log = nullptr;                // null: what is wrong with TLS is only counted
};

// The parts of an upstream that its pools need; changed in place by a reload.
struct PoolLimits {
  routing::Breakers breakers;
  Millis connect_timeout{5000};
  Millis idle_timeout{60'000};  // of a pooled connection; 0 = none
  routing::ConnectionRules rules;
  http::ClientSettings client;
  tls::ClientContextPtr tls;  // null: clear text
};

class HostPool final : private http::ClientOwner {
 public:
  HostPool(const PoolContext& context, const PoolLimits& limits, const net::Address& address,
           BreakerCounts& counts, ClusterStats& stats);
  ~HostPool();
  HostPool(const HostPool&) = delete;
  HostPool& operator=(const HostPool&) = delete;

  const net::Address& address() const noexcept { return address_; }
  // The DNS name that led to the address; empty where the configuration gives the address itself.
  const std::string& hostname() const noexcept { return hostname_; }
  void set_hostname(std::string name) { hostname_ = std::move(name); }

  // What TLS asks for by SNI; connections that asked for another name serve no further request.
  void set_server_name(const std::string& name);

  // An idle connection that the ticket's request may use, or null.
  http::ClientConnection* take_idle(const PoolTicket& ticket) noexcept;
  // Queues the ticket and opens a connection for it. An error says why that was refused.
  Result<void> wait(PoolTicket& ticket);

  // Idle connections are closed now, busy ones when their exchange ends.
  void drain();
  // As drain(), but for the connections there are now: later ones stay.
  void renew();
  // Closes connections that have been idle for too long.
  void close_stale();
  bool unused() const noexcept { return connections_.empty() && waiting_.empty(); }

  void set_monitor(std::unique_ptr<HostMonitor> monitor) { monitor_ = std::move(monitor); }
  // What became of an attempt.
  void report_status(uint16_t status) {
    if (monitor_ != nullptr) monitor_->on_status(status);
  }
  void report_failure(const Error& error) {
    if (monitor_ != nullptr) monitor_->on_failure(error);
  }

  // Why TLS kept the connection from being made that failed last; null: it was not TLS.
  const tls::HandshakeFailure* handshake_failure() const noexcept {
    return handshake_failure_.get();
  }

  // Requests in progress, for least-request balancing. Kept by the cluster.
  uint32_t active = 0;

 private:
  friend class PoolTicket;

  struct Open {
    std::unique_ptr<http::ClientConnection> connection;
    uint32_t requests = 0;
    bool retire = false;  // serves no further request
    net::Address client;  // that it speaks for, where it began with a PROXY header
  };

  void on_connected(http::ClientConnection& connection) override;
  void on_idle(http::ClientConnection& connection) override;
  void on_closed(http::ClientConnection& connection, const Error* connect_error) override;

  bool speaks_for_clients() const noexcept {
    return limits_.rules.proxy_protocol != routing::ProxyProtocol::none;
  }
  bool may_serve(const Open& open) const noexcept;
  Result<void> open_connection(const Origin& origin);
  std::unique_ptr<http::ClientConnection> make_connection(std::unique_ptr<net::Stream> stream,
                                                          std::string preface);
  void give(http::ClientConnection& connection);
  void hand_over(PoolTicket& ticket, Open& open);
  // The same where exchanges share connections, which are filled in the order of their opening.
  http::ClientConnection* take_shared(const PoolTicket& ticket) noexcept;
  void share(http::ClientConnection& connection);
  void close_idle_shared(TimePoint idle_before);
  void fail_waiting(const Error& error);
  void note_handshake(const tls::HandshakeFailure* failure);
  // How many requests the connections being opened will take.
  size_t expected_room() const noexcept;
  PoolTicket* next_ticket() noexcept;
  PoolTicket* next_ticket_for(const Open& open) noexcept;
  void replace_closed();

  const PoolContext& context_;
  const PoolLimits& limits_;
  const net::Address address_;
  std::string hostname_;
  std::string server_name_;
  BreakerCounts& counts_;
  ClusterStats& stats_;
  std::unique_ptr<HostMonitor> monitor_;
  std::unordered_map<http::ClientConnection*, Open> connections_;
  std::vector<http::ClientConnection*> idle_;    // the most recently used is last
  std::vector<http::ClientConnection*> shared_;  // HTTP/2: open ones, the oldest first
  std::deque<PoolTicket*> waiting_;
  size_t connecting_ = 0;
  std::unique_ptr<tls::HandshakeFailure> handshake_failure_;
  TimePoint quiet_until_{};
  net::Graveyard<http::ClientConnection> graveyard_;
  bool draining_ = false;
};

}  // namespace gnomon::proxy
