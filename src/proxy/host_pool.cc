#include "proxy/host_pool.h"

namespace gnomon::proxy {

HostPool::HostPool(const PoolContext& context, const PoolLimits& limits,
                   const net::Address& address, BreakerCounts& counts, ClusterStats& stats)
    : context_(context),
      limits_(limits),
      counts_(counts),
      stats_(stats),
      host_{address, {}, {}, {}, {}} {}

VersionPool& HostPool::pool_for(const PoolTicket& ticket) noexcept {
  const routing::ConnectionRules& rules = limits_.rules;
  const bool http2 = rules.follow_client ? ticket.client_version_ == Version::http2 : rules.http2;
  std::unique_ptr<VersionPool>& pool = http2 ? http2_ : http1_;
  if (pool == nullptr) {
    pool = std::make_unique<VersionPool>(
        context_, limits_, http2 ? Protocol::http2 : Protocol::http1, host_, counts_, stats_);
    if (draining_) pool->drain();
  }
  return *pool;
}

Result<void> HostPool::wait(PoolTicket& ticket) {
  VersionPool& pool = pool_for(ticket);
  VersionPool* const other = &pool == http1_.get() ? http2_.get() : http1_.get();
  // Idle connections of the other version must not keep it from the only place there is.
  const bool full = counts_.connections.value() >= limits_.breakers.max_connections;
  if (full && other != nullptr && pool.unused()) other->close_idle();
  return pool.wait(ticket);
}

void HostPool::set_server_name(const std::string& name) {
  if (host_.server_name == name) return;
  host_.server_name = name;
  if (limits_.tls != nullptr) renew();
}

void HostPool::drain() {
  draining_ = true;
  for_each_pool([](VersionPool& pool) { pool.drain(); });
}

void HostPool::renew() {
  for_each_pool([](VersionPool& pool) { pool.renew(); });
}

void HostPool::leave_other_version() {
  // Who waits since before gets the connection that is being opened for it, however slowly.
  const auto leave = [this](VersionPool* pool, Protocol protocol) {
    if (pool != nullptr && !serves(protocol) && !pool->awaited()) pool->renew();
  };
  leave(http1_.get(), Protocol::http1);
  leave(http2_.get(), Protocol::http2);
}

void HostPool::close_stale() {
  leave_other_version();
  for_each_pool([](VersionPool& pool) { pool.close_stale(); });
}

bool HostPool::unused() const noexcept {
  return (http1_ == nullptr || http1_->unused()) && (http2_ == nullptr || http2_->unused());
}

}  // namespace gnomon::proxy
