// VirtualServices with everything they delegate, as flat lists: each route in the order in which it
// is tried, with the matchers and options that it has in the end.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "config/virtual_service.h"
#include "routing/build_context.h"
#include "routing/effective_options.h"
#include "routing/resource_names.h"
#include "routing/route_table_selection.h"

namespace gnomon::routing {

struct DelegationLimits {
  // Tables delegated to from many places multiply. Counted are all routes that are visited in
  // RouteTables, for all VirtualServices together. Each may take some kilobytes until the last is
  // known, and a reload that is refused must not cost the process its life.
  size_t routes = 200'000;
  size_t depth = 64;
};

// One route on the way: of a VirtualService, or of a RouteTable.
struct RouteStep {
  const config::Metadata* owner = nullptr;
  const config::Route* route = nullptr;
  uint32_t index = 0;     // in its owner's routes
  bool in_table = false;  // the owner is a RouteTable

  std::string field() const;  // "virtualHost.routes[0]", "routes[0]"
  std::string label() const;  // the route's name or its index
};

using RouteOptionsLayer = OptionsLayer<config::RouteOptions>;

struct FlatRoute {
  std::vector<RouteStep> steps;  // from the VirtualService's route to the one that acts; not empty
  std::vector<config::Matcher> inherited;  // the matchers of a route in a RouteTable
  EffectiveOptions<config::RouteOptions> options;

  const RouteStep& leaf() const { return steps.back(); }
  const config::Route& route() const { return *leaf().route; }
  const std::vector<config::Matcher>& matchers() const {
    return steps.size() > 1 ? inherited : route().matchers;
  }
};

struct FlatRoutes {
  std::deque<RouteOptionsLayer> layers;  // what the routes' options point to
  std::vector<FlatRoute> routes;
};

class Delegation {
 public:
  explicit Delegation(BuildContext& context, DelegationLimits limits = {});

  // Whatever cannot be reached is left out, and the context told why.
  FlatRoutes flatten(const config::VirtualService& service);
  // Warns of RouteTables that none of the VirtualServices flattened so far leads to.
  void report_unreached() const;

 private:
  class Visit;

  // False, once with an error, when the limit is passed.
  bool spend(const config::Metadata& service, config::Position at);

  BuildContext& context_;
  DelegationLimits limits_;
  RouteTableSelection tables_;
  ResourceNames<config::RouteOption> options_;
  boost::unordered_flat_set<const config::RouteTable*> reached_;
  size_t spent_ = 0;
};

}  // namespace gnomon::routing
