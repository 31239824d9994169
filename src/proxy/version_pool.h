// The connections of one worker to one address of an upstream that speak one version of HTTP, and
// serve requests one after another or many at a time.
#pragma once

#include <deque>
#include <memory>
#include <string>
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

class VersionPool;

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
  // What its client speaks. Needed only where PoolLimits::rules follow the client.
  Version client_version_ = Version::http11;
  // How many such requests may be under way at once on a connection that speaks HTTP/1. Heeded in
  // the background lane alone: a live request never waits behind another.
  uint32_t pipelining_ = 1;

 private:
  friend class HostPool;
  friend class VersionPool;
  VersionPool* pool_ = nullptr;
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

// What the pools of one address share. Outlives them.
struct PoolHost {
  const net::Address address;
  std::string server_name;               // that TLS asks for by SNI
  std::unique_ptr<HostMonitor> monitor;  // may be null
  // Why TLS kept the connection from being made that failed last; null: it was not TLS.
  std::unique_ptr<tls::HandshakeFailure> handshake_failure;
  TimePoint quiet_until{};  // until then no more of those is logged
};

class VersionPool final : private http::ClientOwner {
 public:
  enum class Protocol : uint8_t { http1, http2 };

  // `pipelining`: requests under way at once on a connection of HTTP/1.
  VersionPool(const PoolContext& context, const PoolLimits& limits, Protocol protocol,
              uint32_t pipelining, PoolHost& host, BreakerCounts& counts, ClusterStats& stats);
  ~VersionPool();
  VersionPool(const VersionPool&) = delete;
  VersionPool& operator=(const VersionPool&) = delete;

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
  // Closes the one that has been idle for longest, where there is one.
  void close_idle();
  bool awaited() const noexcept { return !waiting_.empty(); }
  bool unused() const noexcept { return connections_.empty() && waiting_.empty(); }

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
  bool shares() const noexcept { return protocol_ == Protocol::http2 || pipelining_ > 1; }
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
  const Protocol protocol_;
  const uint32_t pipelining_;
  PoolHost& host_;
  BreakerCounts& counts_;
  ClusterStats& stats_;
  std::unordered_map<http::ClientConnection*, Open> connections_;
  std::vector<http::ClientConnection*> idle_;    // the most recently used is last
  std::vector<http::ClientConnection*> shared_;  // open ones that exchanges share, the oldest first
  std::deque<PoolTicket*> waiting_;
  size_t connecting_ = 0;
  // Streams that the next connection of HTTP/2 is taken to allow, going by the last that said so.
  uint32_t streams_expected_ = http::kStreamsExpected;
  net::Graveyard<http::ClientConnection> graveyard_;
  bool draining_ = false;
};

}  // namespace gnomon::proxy
