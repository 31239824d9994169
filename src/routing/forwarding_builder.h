// Options of a route that say how its requests are sent on: time limits and rewrites.
#pragma once

#include "config/route_options.h"
#include "routing/place.h"
#include "routing/plan.h"

namespace gnomon::routing {

void build_forwarding(const Place& place, const config::RouteOptions& from, Route& to);

}  // namespace gnomon::routing
