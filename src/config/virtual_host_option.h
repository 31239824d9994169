// VirtualHostOption: options of virtual hosts as a resource of its own, which a virtual host takes
// by optionsConfigRefs.
#pragma once

#include <optional>

#include "config/metadata.h"
#include "config/route_options.h"

namespace gnomon::config {

struct VirtualHostOption {
  Metadata metadata;
  std::optional<VirtualHostOptions> options;
};

void describe(Schema<VirtualHostOption>& s);

}  // namespace gnomon::config
