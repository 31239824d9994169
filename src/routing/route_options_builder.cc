#include "routing/route_options_builder.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "routing/edits_builder.h"
#include "routing/filters_builder.h"
#include "routing/forwarding_builder.h"
#include "routing/retry_builder.h"
#include "routing/shadow_builder.h"

namespace gnomon::routing {
namespace {

// What shadowing refers to is looked up where it is written, be that a parent's route or a
// RouteOption.
void build_shadow(const Place& place, const FlatRoute& flat, const config::Shadowing& shadowing,
                  std::string_view name, Route& route) {
  const RouteOptionsLayer& layer = *flat.options.source_of("shadowing");
  if (!route.redirect && !route.direct) {
    build_route_shadow(place.context, *layer.owner, shadowing, std::string(name),
                       layer.field + ".shadowing", route);
  } else if (flat.route().options && layer.options == &*flat.route().options) {
    return;  // reported when it was read
  } else {
    place.error(flat.route().at,
                fmt::format("a redirect or direct response cannot be shadowed; the shadowing comes "
                            "from {} ({})",
                            layer.owner->title(), place.context.source_of(layer.at)),
                "options", "give the shadowing to routes that send requests on only");
  }
}

void apply(const Place& place, const HostOptions& host, const FlatRoute& flat,
           std::string_view name, Route& route) {
  const config::RouteOptions options = flat.options.merged();
  const RouteOptionsLayer& own = *flat.options.layers().front();
  const Place own_place{place.context, own.owner, own.field};
  build_forwarding(own_place, options, route);
  const auto& merge = host.merged.cors_merge;
  route.filters =
      build_route_filters(own_place, options, host.filters,
                          merge ? merge->expose_headers : config::CorsMerge::route_wins);
  if (options.headers) route.edits = build_edits(own_place, *options.headers);
  if (options.retries) {
    const RouteOptionsLayer& layer = *flat.options.source_of("retries");
    route.retry = build_retries({place.context, layer.owner, layer.field}, *options.retries);
  }
  if (options.shadowing) build_shadow(place, flat, *options.shadowing, name, route);
}

// Gloo passes over these in silence where nothing is sent on.
void warn_of_idle(const Place& place, const config::RouteOptions& options) {
  std::vector<std::string_view> idle;
  if (options.timeout) idle.emplace_back("timeout");
  if (options.prefix_rewrite) idle.emplace_back("prefixRewrite");
  if (!options.host_rewrite.empty()) idle.emplace_back("hostRewrite");
  if (options.retries) idle.emplace_back("retries");
  if (idle.empty()) return;
  place.warning(
      options.at,
      fmt::format("no effect on a redirect or direct response: {}", fmt::join(idle, ", ")),
      "options");
}

}  // namespace

void build_route_options(const Place& place, const HostOptions& host, const FlatRoute& flat,
                         std::string_view name, Route& route) {
  const config::Route& from = flat.route();
  route.retry = host.retries;
  route.filters = host.filters;
  if (!flat.options.empty()) apply(place, host, flat, name, route);
  if (from.options && (from.redirect || from.direct)) warn_of_idle(place, *from.options);
  route.host_edits = host.edits;
  route.attempt_count_in_request = host.merged.attempt_count_in_request;
  route.attempt_count_in_response = host.merged.attempt_count_in_response;
}

}  // namespace gnomon::routing
