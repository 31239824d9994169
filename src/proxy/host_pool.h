// One address of an upstream as one worker sees it: its connections, which may be of two versions
// of HTTP side by side, and what is known of its health.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "proxy/version_pool.h"

namespace gnomon::proxy {

class HostPool final {
 public:
  HostPool(const PoolContext& context, const PoolLimits& limits, const net::Address& address,
           BreakerCounts& counts, ClusterStats& stats);
  HostPool(const HostPool&) = delete;
  HostPool& operator=(const HostPool&) = delete;

  const net::Address& address() const noexcept { return host_.address; }
  // The DNS name that led to the address; empty where the configuration gives the address itself.
  const std::string& hostname() const noexcept { return hostname_; }
  void set_hostname(std::string name) { hostname_ = std::move(name); }

  // What TLS asks for by SNI; connections that asked for another name serve no further request.
  void set_server_name(const std::string& name);

  // An idle connection that the ticket's request may use, or null.
  http::ClientConnection* take_idle(const PoolTicket& ticket) noexcept {
    return pool_for(ticket).take_idle(ticket);
  }
  // Queues the ticket and opens a connection for it. An error says why that was refused.
  Result<void> wait(PoolTicket& ticket);

  // Idle connections are closed now, busy ones when their exchange ends.
  void drain();
  // As drain(), but for the connections there are now: later ones stay.
  void renew();
  // As renew(), for the version that is not spoken any more, where a reload has changed that.
  void leave_other_version();
  // Closes connections that have been idle for too long.
  void close_stale();
  bool unused() const noexcept;

  void set_monitor(std::unique_ptr<HostMonitor> monitor) { host_.monitor = std::move(monitor); }
  // What became of an attempt.
  void report_status(uint16_t status) {
    if (host_.monitor != nullptr) host_.monitor->on_status(status);
  }
  void report_failure(const Error& error) {
    if (host_.monitor != nullptr) host_.monitor->on_failure(error);
  }

  // Why TLS kept the connection from being made that failed last; null: it was not TLS.
  const tls::HandshakeFailure* handshake_failure() const noexcept {
    return host_.handshake_failure.get();
  }

  // Requests in progress, for least-request balancing. Kept by the cluster.
  uint32_t active = 0;

 private:
  using Protocol = VersionPool::Protocol;

  bool serves(Protocol protocol) const noexcept {
    return limits_.rules.follow_client || limits_.rules.http2 == (protocol == Protocol::http2);
  }
  bool full() const noexcept {
    return counts_.connections.value() >= limits_.breakers.max_connections;
  }
  VersionPool& pool_for(const PoolTicket& ticket) noexcept;
  template <typename Visit>
  void for_each_pool(Visit&& visit) const {
    if (http1_ != nullptr) visit(*http1_);
    if (http2_ != nullptr) visit(*http2_);
    for (const auto& [depth, pool] : pipelined_) visit(*pool);
  }
  std::unique_ptr<VersionPool>& slot_for(Protocol protocol, uint32_t pipelining);

  const PoolContext& context_;
  const PoolLimits& limits_;
  BreakerCounts& counts_;
  ClusterStats& stats_;
  PoolHost host_;
  std::string hostname_;
  // Made when they are first needed.
  std::unique_ptr<VersionPool> http1_;
  std::unique_ptr<VersionPool> http2_;
  std::map<uint32_t, std::unique_ptr<VersionPool>> pipelined_;  // of HTTP/1, by depth
  bool draining_ = false;
};

}  // namespace gnomon::proxy
