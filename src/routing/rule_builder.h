// Matchers of a route to the rules by which it is found.
#pragma once

#include <cstdint>
#include <vector>

#include "config/route.h"
#include "routing/place.h"
#include "routing/route_table.h"

namespace gnomon::routing {

// Appends one rule for each matcher; without any, one that takes everything.
void build_rules(const Place& place, const std::vector<config::Matcher>& matchers, uint32_t route,
                 std::vector<RouteRule>& rules);

}  // namespace gnomon::routing
