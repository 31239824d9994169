// UpstreamGroups as the weighted clusters that routes take over.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/route.h"
#include "routing/build_context.h"
#include "routing/plan.h"

namespace gnomon::routing {

struct ClusterGroup {
  std::vector<WeightedCluster> clusters;
  uint32_t total_weight = 0;
};

class ClusterGroups {
 public:
  // Builds all of them, so that one which no route names is checked too. Clusters come first.
  explicit ClusterGroups(BuildContext& context);

  const ClusterGroup* find(const std::string& full_name) const;

 private:
  boost::unordered_flat_map<std::string, ClusterGroup> by_name_;
};

// One destination. An Upstream that does not exist is a warning at the place that names it. `field`
// is the path of the destination below its owner's spec.
WeightedCluster build_destination(BuildContext& context, const config::Metadata& owner,
                                  const config::Destination& from, uint32_t weight,
                                  std::string_view field);

}  // namespace gnomon::routing
