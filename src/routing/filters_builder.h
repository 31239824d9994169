// What is done to requests on their way to a route's backend: cors, faults, limits, upgrades,
// hashes.
#pragma once

#include <memory>

#include "config/route_options.h"
#include "routing/place.h"
#include "routing/plan.h"

namespace gnomon::routing {

// What a virtual host does to the requests of all its routes; null when that is nothing.
std::shared_ptr<const RouteFilters> build_host_filters(const Place& place,
                                                       const config::VirtualHostOptions& options);

// The same for one route, whose own options replace those of `host`, field by field.
std::shared_ptr<const RouteFilters> build_route_filters(const Place& place,
                                                        const config::RouteOptions& options,
                                                        std::shared_ptr<const RouteFilters> host,
                                                        config::CorsMerge merge);

}  // namespace gnomon::routing
