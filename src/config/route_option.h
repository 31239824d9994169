// RouteOption: options of routes as a resource of its own, which a route takes by
// optionsConfigRefs.
#pragma once

#include <optional>

#include "config/metadata.h"
#include "config/route_options.h"

namespace gnomon::config {

struct RouteOption {
  Metadata metadata;
  std::optional<RouteOptions> options;
};

void describe(Schema<RouteOption>& s);

}  // namespace gnomon::config
