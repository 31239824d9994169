// An upstream as one worker sees it: addresses, balancing, pools, circuit breakers. The live side
// and the shadow side of an upstream are two objects that share nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "net/address.h"
#include "proxy/endpoints.h"
#include "proxy/host_group.h"
#include "proxy/host_pool.h"
#include "proxy/pick_context.h"
#include "routing/plan.h"

namespace gnomon::proxy {

class Cluster {
 public:
  Cluster(const PoolContext& context, Rng& rng, const routing::Cluster& config,
          const AddressBook& book, std::shared_ptr<BreakerCounts> counts,
          std::shared_ptr<ClusterStats> stats);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // A reload: pools whose address stays keep their connections.
  void configure(const routing::Cluster& config, const AddressBook& book);
  void resolve(const AddressBook& book);

  const std::string& name() const noexcept { return config_.name; }
  ClusterStats& stats() noexcept { return *stats_; }
  const PoolLimits& limits() const noexcept { return limits_; }
  // Its connections begin with a PROXY header, so that requests must say whom they come from.
  bool speaks_for_clients() const noexcept {
    return limits_.rules.proxy_protocol != routing::ProxyProtocol::none;
  }

  // A host for the next attempt, or null when there is none.
  HostPool* pick(const PickContext& context = {});

  // Every attempt takes a request before it asks for a connection and gives it back at its end.
  Result<void> begin_request();
  void end_request() noexcept;
  bool begin_retry();
  void end_retry() noexcept { counts_->retries.give_back(); }

  void close_stale();

  template <typename Visit>
  void for_each_host(Visit&& visit) const {
    for (const Host& host : hosts_) visit(*host.pool);
  }

 private:
  struct Host {
    std::unique_ptr<HostPool> pool;
    std::shared_ptr<HostHealth> health;
    const routing::Endpoint* endpoint = nullptr;  // into config_
    TimePoint since{};                            // when it was added or has recovered
    bool usable = true;
  };

  // Whether connections of before may not be used any more.
  bool set_limits();
  void rebuild(const AddressBook& book);
  Host make_host(const ResolvedEndpoint& from);
  // Sorts the hosts into groups; whenever one was added, removed, or changed its health.
  void regroup();
  BalancedHost balanced(uint32_t id) const;
  void regroup_subsets();
  void assign(HostGroup& group, const std::vector<uint32_t>& ids);
  HostGroup& group_for(const PickContext& context);

  const PoolContext& context_;
  Rng& rng_;
  routing::Cluster config_;
  PoolLimits limits_;
  // Shared by name, before the hosts that count in them.
  const std::shared_ptr<BreakerCounts> counts_;
  const std::shared_ptr<ClusterStats> stats_;
  const std::shared_ptr<UpstreamHealth> health_;
  uint64_t health_seen_ = 0;
  std::optional<routing::OutlierDetection> outliers_;
  std::vector<Host> hosts_;
  std::vector<std::unique_ptr<HostPool>> leaving_;  // no longer configured, still busy
  HostGroup all_;
  HostGroup fallback_;  // the default subset, or nobody
  std::map<routing::Subset, HostGroup> subsets_;
};

}  // namespace gnomon::proxy
