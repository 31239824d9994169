// An upstream as one worker sees it: addresses, balancing, pools, circuit breakers. The live side
// and the shadow side of an upstream are two objects that share nothing.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "net/address.h"
#include "proxy/host_pool.h"
#include "routing/plan.h"

namespace gnomon::proxy {

// What DNS names have been resolved to. Immutable; replaced as a whole.
using AddressBook = std::unordered_map<std::string, std::vector<net::Address>>;
using AddressBookPtr = std::shared_ptr<const AddressBook>;

class Cluster {
 public:
  Cluster(const PoolContext& context, Rng& rng, const routing::Cluster& config,
          const AddressBook& book, BreakerCounts& counts, ClusterStats& stats);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // A reload: pools whose address stays keep their connections.
  void configure(const routing::Cluster& config, const AddressBook& book);
  void resolve(const AddressBook& book);

  const std::string& name() const noexcept { return config_.name; }
  ClusterStats& stats() noexcept { return stats_; }

  // A host for the next attempt, or null when there is none.
  HostPool* pick();

  // Every attempt takes a request before it asks for a connection and gives it back at its end.
  Result<void> begin_request();
  void end_request() noexcept;
  bool begin_retry();
  void end_retry() noexcept { counts_.retries.give_back(); }

  void close_stale();

  template <typename Visit>
  void for_each_host(Visit&& visit) const {
    for (const auto& host : hosts_) visit(*host);
  }

 private:
  void rebuild(const AddressBook& book);

  const PoolContext& context_;
  Rng& rng_;
  routing::Cluster config_;
  PoolLimits limits_;
  BreakerCounts& counts_;
  ClusterStats& stats_;
  std::vector<std::unique_ptr<HostPool>> hosts_;
  std::vector<std::unique_ptr<HostPool>> leaving_;  // no longer configured, still busy
  size_t next_host_ = 0;
};

}  // namespace gnomon::proxy
