// A Gateway's options to the settings of its listener.
#pragma once

#include "config/gateway.h"
#include "routing/build_context.h"
#include "routing/listener_settings.h"

namespace gnomon::routing {

ListenerSettings build_listener_settings(BuildContext& context, const config::Gateway& gateway);

}  // namespace gnomon::routing
