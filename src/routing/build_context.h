// What the steps of building a snapshot share: where problems go, and the clusters by name.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/metadata.h"
#include "config/resources.h"
#include "routing/plan.h"

namespace gnomon::routing {

class BuildContext {
 public:
  explicit BuildContext(const config::Resources& from)
      : resources(from), diagnostics(from.diagnostics) {}

  const config::Resources& resources;
  config::Diagnostics diagnostics;
  std::vector<Cluster> clusters;

  // `field` is the path below the resource's spec.
  void error(const config::Metadata& owner, config::Position at, std::string message,
             std::string_view field = {}, std::string hint = {});
  void warning(const config::Metadata& owner, config::Position at, std::string message,
               std::string_view field = {}, std::string hint = {});

  bool is_broken(const config::Metadata& resource) const {
    return resource.broken || broken_.contains(&resource);
  }

  std::string source_of(config::Position at) const { return resources.sources->describe(at); }

  void add_cluster(const config::Metadata& owner, Cluster cluster);
  // kNoCluster if there is no such Upstream. The namespace of a reference defaults to its owner's.
  ClusterId find_cluster(const config::ResourceRef& ref, const config::Metadata& owner) const;

 private:
  std::set<const config::Metadata*> broken_;
  boost::unordered_flat_map<std::string, ClusterId> cluster_ids_;
};

// "<namespace>.<name>" of what a reference means.
std::string full_name(const config::ResourceRef& ref, const config::Metadata& owner);
// "<name>_<namespace>", as Gloo names Envoy's clusters.
std::string cluster_name(const config::ResourceRef& ref, const config::Metadata& owner);

// Rounded up, so that a short time does not become none.
Millis to_millis(config::Duration duration);

}  // namespace gnomon::routing
