// The options in effect for one route: its own, those it inherits, and those of its virtual host.
#pragma once

#include <string_view>

#include "config/metadata.h"
#include "routing/delegation.h"
#include "routing/host_options.h"
#include "routing/place.h"
#include "routing/plan.h"

namespace gnomon::routing {

// `name` is what shadows of the route are called by.
void build_route_options(const Place& place, const HostOptions& host, const FlatRoute& flat,
                         std::string_view name, Route& route);

}  // namespace gnomon::routing
