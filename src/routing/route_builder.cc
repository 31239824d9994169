#include "routing/route_builder.h"

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/text_rules.h"
#include "routing/action_builder.h"
#include "routing/host_options.h"
#include "routing/options_origins.h"
#include "routing/place.h"
#include "routing/reachability.h"
#include "routing/route_options_builder.h"
#include "routing/rule_builder.h"

namespace gnomon::routing {
namespace {

// No domains, or a single empty one, stand for all.
void build_domains(BuildContext& context, const config::VirtualService& service,
                   VirtualHost& host) {
  const auto& domains = service.virtual_host->domains;
  if (domains.empty() || (domains.size() == 1 && domains[0].value.empty())) {
    host.domains.emplace_back("*");
    return;
  }
  for (size_t i = 0; i < domains.size(); ++i) {
    const char* problem = domain_problem(domains[i].value);
    const std::string_view placeholder = config::placeholder_hint(domains[i].value);
    const std::string field = fmt::format("virtualHost.domains[{}]", i);
    if (problem == nullptr) {
      host.domains.push_back(domains[i].value);
    } else if (placeholder.empty()) {
      context.error(service.metadata, domains[i].at,
                    fmt::format("the domain is invalid: {}", problem), field);
    } else {
      context.warning(service.metadata, domains[i].at,
                      fmt::format("no request has this domain: {}", problem), field,
                      std::string(placeholder));
    }
  }
}

// What tells a route from the others of its virtual host.
std::string label_of(const FlatRoute& flat) {
  std::string label = flat.steps.front().label();
  for (size_t i = 1; i < flat.steps.size(); ++i) {
    const RouteStep& step = flat.steps[i];
    label += fmt::format("/{}/{}", step.owner->full_name(), step.label());
  }
  return label;
}

// Builds one virtual host; keeps the place of the route at hand.
class VirtualHostBuilder {
 public:
  VirtualHostBuilder(BuildContext& context, RouteSources& sources,
                     const config::VirtualService& service)
      : sources_(sources), service_(service), place_{context, &service.metadata, ""} {}

  VirtualHost build() {
    BuildContext& context = place_.context;
    VirtualHost host;
    host.name = service_.metadata.full_name();
    host.source = context.source_of(service_.metadata.at);
    if (!service_.virtual_host) {
      if (!service_.metadata.broken) {
        context.warning(service_.metadata, service_.metadata.at,
                        fmt::format("the VirtualService {} has no virtualHost", host.name));
      }
      return host;
    }
    build_domains(context, service_, host);
    options_ = build_host_options(context, sources_.host_options, service_);
    host.options = options_.origins;
    build_routes(host);
    return host;
  }

 private:
  void build_routes(VirtualHost& host) {
    const FlatRoutes flat = sources_.delegation.flatten(service_);
    std::vector<RouteRule> rules;
    host.routes.reserve(flat.routes.size());
    for (const FlatRoute& from : flat.routes) {
      enter(from);
      host.routes.push_back(build_route(from));
      build_rules(place_, from.matchers(), static_cast<uint32_t>(host.routes.size() - 1), rules);
    }
    report_hidden_routes(rules, flat.routes);
    place_.context.clear_reached();
    host.table = RouteTable(std::move(rules));
  }

  // Problems are told of the route that acts, with the one that led there.
  void enter(const FlatRoute& flat) {
    place_.owner = flat.leaf().owner;
    place_.path = flat.leaf().field();
    if (flat.steps.size() < 2) return place_.context.clear_reached();
    const RouteStep& from = flat.steps[flat.steps.size() - 2];
    place_.context.set_reached({&service_.metadata, from.owner, from.route->at});
  }

  Route build_route(const FlatRoute& flat) {
    const config::Route& from = flat.route();
    BuildContext& context = place_.context;
    Route route;
    const std::string label = label_of(flat);
    route.name = fmt::format("{}/{}", service_.metadata.full_name(), label);
    route.source = context.source_of(from.at);
    for (const RouteStep& step : flat.steps) {
      route.origins.push_back({step.owner->title(), step.route->name.value, step.field(),
                               context.source_of(step.route->at)});
    }
    route.options = origins_of(context, flat.options);
    build_action(place_, sources_.groups, service_.metadata, from, route);
    build_route_options(place_, options_, flat,
                        fmt::format("{}.{}", service_.metadata.full_name(), label), route);
    return route;
  }

  // A route is out of reach when every one of its rules is.
  void report_hidden_routes(std::span<const RouteRule> rules,
                            const std::vector<FlatRoute>& routes) {
    const std::vector<std::optional<uint32_t>> hidden_by = find_hidden_rules(rules);
    for (size_t first = 0; first < rules.size();) {
      size_t last = first;
      bool hidden = true;
      for (; last < rules.size() && rules[last].route == rules[first].route; ++last) {
        // A rule of the same route hides nothing from anybody.
        hidden &= hidden_by[last] && rules[*hidden_by[last]].route != rules[last].route;
      }
      if (hidden) {
        enter(routes[rules[first].route]);
        const RouteStep& other = routes[rules[*hidden_by[first]].route].leaf();
        place_.context.warning(
            *place_.owner, routes[rules[first].route].route().at,
            fmt::format("no request reaches this route; the one at {} takes them all",
                        place_.context.source_of(other.route->at)),
            place_.path, "routes are tried in the order in which they are written");
      }
      first = last;
    }
  }

  RouteSources& sources_;
  const config::VirtualService& service_;
  Place place_;  // of the route in hand
  HostOptions options_;
};

}  // namespace

RouteSources::RouteSources(BuildContext& context)
    : delegation(context), groups(context), host_options(context.resources.virtual_host_options) {}

VirtualHost build_virtual_host(BuildContext& context, RouteSources& sources,
                               const config::VirtualService& service) {
  return VirtualHostBuilder(context, sources, service).build();
}

}  // namespace gnomon::routing
