// UpstreamGroup: weighted destinations that several routes share.
#pragma once

#include <vector>

#include "config/metadata.h"
#include "config/route.h"

namespace gnomon::config {

struct UpstreamGroup {
  Metadata metadata;
  std::vector<WeightedDestination> destinations;
};

void describe(Schema<UpstreamGroup>& s);

}  // namespace gnomon::config
