// Upstreams to clusters.
#pragma once

#include "routing/build_context.h"

namespace gnomon::routing {

void build_clusters(BuildContext& context);

}  // namespace gnomon::routing
