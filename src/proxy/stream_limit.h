// How long an exchange may last, from the request's head to the answer's end, by Envoy's rules.
#pragma once

#include <optional>

#include "msg/headers.h"
#include "routing/plan.h"

namespace gnomon::proxy {

struct StreamLimit {
  // Absent: no limit. Zero: over before it has begun, as a call's deadline may be.
  std::optional<Millis> longest;
  bool is_route_s = false;  // the listener does not watch over it
};

// `listener` of zero is none.
StreamLimit stream_limit(const routing::Route& route, Millis listener, const Headers& request);

}  // namespace gnomon::proxy
