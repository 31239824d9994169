// A Gateway's options to the settings of its listener.
#pragma once

#include "config/gateway.h"
#include "routing/build_context.h"
#include "routing/gateway_chain.h"
#include "routing/listener_settings.h"

namespace gnomon::routing {

// `chain` is the part of the Gateway that the listener is for.
ListenerSettings build_listener_settings(BuildContext& context, const config::Gateway& gateway,
                                         const GatewayChain& chain);

}  // namespace gnomon::routing
