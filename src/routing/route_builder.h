// A VirtualService to the virtual host that serves it.
#pragma once

#include "config/virtual_service.h"
#include "routing/build_context.h"
#include "routing/configured_snapshot.h"

namespace gnomon::routing {

VirtualHost build_virtual_host(BuildContext& context, const config::VirtualService& service);

}  // namespace gnomon::routing
