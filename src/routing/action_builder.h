// What a route does with its requests: redirect, answer, or send on.
#pragma once

#include "config/route.h"
#include "routing/cluster_groups.h"
#include "routing/place.h"
#include "routing/plan.h"

namespace gnomon::routing {

// `service` is the VirtualService that the route belongs to in the end.
void build_action(const Place& place, const ClusterGroups& groups, const config::Metadata& service,
                  const config::Route& from, Route& route);

}  // namespace gnomon::routing
