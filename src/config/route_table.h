// RouteTable: routes that others delegate to.
#pragma once

#include <cstdint>
#include <vector>

#include "config/metadata.h"
#include "config/route.h"

namespace gnomon::config {

struct RouteTable {
  Metadata metadata;
  std::vector<Route> routes;
  int32_t weight = 0;  // of several tables delegated to at once the lightest comes first
};

void describe(Schema<RouteTable>& s);

}  // namespace gnomon::config
