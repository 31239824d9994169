#include "routing/cluster_groups.h"

#include <fmt/format.h>

namespace gnomon::routing {

ClusterGroups::ClusterGroups(BuildContext& context) {
  for (const config::UpstreamGroup& from : context.resources.upstream_groups) {
    ClusterGroup group;
    for (size_t i = 0; i < from.destinations.size(); ++i) {
      const config::WeightedDestination& destination = from.destinations[i];
      const std::string field = fmt::format("destinations[{}].destination", i);
      if (destination.destination.upstream) {
        warn_of_missing_namespace(context, *destination.destination.upstream, from.metadata,
                                  field + ".upstream");
      }
      group.clusters.push_back(build_destination(context, from.metadata, destination.destination,
                                                 destination.weight, field));
      group.total_weight += destination.weight;
    }
    by_name_.emplace(from.metadata.full_name(), std::move(group));
  }
}

const ClusterGroup* ClusterGroups::find(const std::string& full_name) const {
  const auto found = by_name_.find(full_name);
  return found == by_name_.end() ? nullptr : &found->second;
}

WeightedCluster build_destination(BuildContext& context, const config::Metadata& owner,
                                  const config::Destination& from, uint32_t weight,
                                  std::string_view field) {
  if (!from.upstream) return WeightedCluster{kNoCluster, weight, "not served yet"};
  const ClusterId cluster = context.find_cluster(*from.upstream, owner);
  if (cluster == kNoCluster) {
    context.warning(
        owner, from.upstream->at,
        fmt::format("there is no Upstream {}; requests get 503", full_name(*from.upstream, owner)),
        fmt::format("{}.upstream", field),
        "define this Upstream, or correct its name or namespace here");
  }
  WeightedCluster to{cluster, weight, cluster_name(*from.upstream, owner)};
  if (!from.subset) return to;
  to.subset.assign(from.subset->values.begin(), from.subset->values.end());
  if (cluster != kNoCluster && context.clusters[cluster].subsets.selectors.empty()) {
    context.warning(owner, from.subset->at,
                    "the route has a subset, but its Upstream has none; it is ignored",
                    fmt::format("{}.subset", field));
  }
  return to;
}

}  // namespace gnomon::routing
