// The whole configuration in the form that requests are served from: immutable, shared by all
// workers, replaced as a whole by a reload.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "routing/plan.h"

namespace gnomon::routing {

// The outcome of matching a request.
struct Match {
  const Route* route = nullptr;   // null: nothing matched, answer 404
  std::string_view virtual_host;  // "<namespace>.<name>", or "" if no domain matched
  size_t matched_path_bytes = 0;  // length of the path that prefix_rewrite replaces
};

class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // Pure and thread-safe. `listener` is an index into listeners(). Costs the same for ten hosts and
  // for ten thousand.
  virtual Match match(size_t listener, const RequestHead& head) const = 0;

  virtual std::span<const Listener> listeners() const = 0;
  virtual std::span<const Cluster> clusters() const = 0;

  // The names of all shadows (ShadowPolicy::name), sorted, each once.
  virtual std::span<const std::string> shadow_names() const = 0;
  // The trials among them.
  virtual std::span<const std::shared_ptr<const Trial>> trials() const { return {}; }

  // By a cluster's name, "<upstream>_<namespace>", for routes with a cluster_header; kNoCluster if
  // there is none of that name. Thread-safe.
  virtual ClusterId find_cluster(std::string_view /*name*/) const { return kNoCluster; }

  // The configuration in effect, for a person to read; not for the request path.
  virtual std::string to_json() const { return "{}"; }
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace gnomon::routing
