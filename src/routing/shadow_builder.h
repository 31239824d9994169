// options.shadowing and ShadowTests to the shadows of routes.
#pragma once

#include <span>
#include <string_view>

#include "config/route_options.h"
#include "routing/build_context.h"
#include "routing/configured_snapshot.h"

namespace gnomon::routing {

// Float32 on purpose, and truncated: Gloo computes it so, and 0.39 % must mean the same here.
uint32_t per_million(float percentage) noexcept;

// The shadow of a route's options. `owner` is the resource that they stand in, `field` the path of
// options.shadowing there.
void build_route_shadow(BuildContext& context, const config::Metadata& owner,
                        const config::Shadowing& shadowing, std::string_view label,
                        std::string_view field, Route& route);

// Attaches every ShadowTest to the route that it names. `hosts` stand in the order of the
// VirtualServices that they were built from.
void apply_shadow_tests(BuildContext& context, std::span<VirtualHost> hosts);

}  // namespace gnomon::routing
