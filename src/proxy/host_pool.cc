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
  const Protocol protocol = http2 ? Protocol::http2 : Protocol::http1;
  const bool pipelined = !http2 && context_.lane == net::Lane::background;
  const uint32_t pipelining = pipelined ? ticket.pipelining_ : 1;
  std::unique_ptr<VersionPool>& pool = slot_for(protocol, pipelining);
  if (pool == nullptr) {
    pool = std::make_unique<VersionPool>(context_, limits_, protocol, pipelining, host_, counts_,
                                         stats_);
    if (draining_) pool->drain();
  }
  return *pool;
}

std::unique_ptr<VersionPool>& HostPool::slot_for(Protocol protocol, uint32_t pipelining) {
  if (pipelining > 1) return pipelined_[pipelining];
  return protocol == Protocol::http2 ? http2_ : http1_;
}

Result<void> HostPool::wait(PoolTicket& ticket) {
  VersionPool& pool = pool_for(ticket);
  // Idle connections of the others must not keep it from the only place there is.
  if (pool.unused()) {
    for_each_pool([&](VersionPool& other) {
      if (&other != &pool && full()) other.close_idle();
    });
  }
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
  for (const auto& [depth, pool] : pipelined_) leave(pool.get(), Protocol::http1);
}

void HostPool::close_stale() {
  leave_other_version();
  for_each_pool([](VersionPool& pool) { pool.close_stale(); });
  // A depth may be one that nobody asks for any more.
  std::erase_if(pipelined_, [](const auto& entry) { return entry.second->unused(); });
}

bool HostPool::unused() const noexcept {
  bool used = false;
  for_each_pool([&](const VersionPool& pool) { used |= !pool.unused(); });
  return !used;
}

}  // namespace gnomon::proxy
