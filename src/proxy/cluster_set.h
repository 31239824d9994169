// The upstreams of a Snapshot as one worker holds them. A reload makes a new set that takes over
// the clusters whose names stay, with their connections; requests in flight keep the set they began
// with.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/cluster.h"
#include "routing/snapshot.h"

namespace gnomon::proxy {

// One generation: a Snapshot and its clusters by ClusterId. Entries may be null in a set that holds
// only some of the upstreams.
struct ClusterGeneration {
  routing::SnapshotPtr snapshot;
  std::vector<std::shared_ptr<Cluster>> clusters;

  Cluster* find(routing::ClusterId id) const noexcept {
    return id < clusters.size() ? clusters[id].get() : nullptr;
  }
};
using GenerationPtr = std::shared_ptr<const ClusterGeneration>;

class ClusterSet {
 public:
  ClusterSet(const PoolContext& context, Rng& rng, BreakerRegistry& breakers,
             Registry<ClusterStats>& stats)
      : context_(context), rng_(rng), breakers_(breakers), stats_(stats) {}

  // `wanted` picks the upstreams that this set needs.
  void install(routing::SnapshotPtr snapshot, AddressBookPtr book,
               const std::function<bool(routing::ClusterId)>& wanted);
  void resolve(AddressBookPtr book);
  // Housekeeping, every few seconds.
  void close_stale();

  const GenerationPtr& current() const noexcept { return current_; }

 private:
  const PoolContext& context_;
  Rng& rng_;
  BreakerRegistry& breakers_;
  Registry<ClusterStats>& stats_;
  AddressBookPtr book_ = std::make_shared<AddressBook>();
  std::map<std::string, std::shared_ptr<Cluster>> by_name_;
  GenerationPtr current_;
};

}  // namespace gnomon::proxy
