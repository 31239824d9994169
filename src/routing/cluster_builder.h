// Upstreams to clusters.
#pragma once

#include "routing/build_context.h"
#include "routing/tls_builder.h"

namespace gnomon::routing {

void build_clusters(BuildContext& context, TlsBuilder& tls);

}  // namespace gnomon::routing
