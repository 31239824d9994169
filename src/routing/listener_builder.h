// Gateways to listeners, each with the virtual hosts it serves.
#pragma once

#include <span>

#include "routing/build_context.h"
#include "routing/configured_snapshot.h"
#include "routing/tls_builder.h"

namespace gnomon::routing {

// Fills `listeners` and `listener_hosts` of `parts`, whose hosts stand in the order of the
// VirtualServices that they were built from.
void build_listeners(BuildContext& context, TlsBuilder& tls, ConfiguredSnapshot::Parts& parts);

}  // namespace gnomon::routing
