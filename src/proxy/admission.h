// What a route's filters make of a request before it is sent on, in the order of Envoy's: faults,
// cross-origin rules, rate limit, upgrades, size. Pure but for the token it takes from a bucket.
#pragma once

#include <optional>
#include <string_view>

#include "base/rng.h"
#include "msg/head.h"
#include "routing/route_filters.h"

namespace gnomon::proxy {

// An answer of the gateway's own.
struct LocalReply {
  ResponseHead head;
  std::string_view body;  // static text
  uint32_t flags = 0;     // ResponseFlag bits
};

struct Admission {
  Millis delay{0};                  // wait this long first
  std::optional<LocalReply> reply;  // then answer so; absent: go on
  bool origin_allowed = false;      // the answer is to be marked for the request's origin
};

Admission admit(const routing::RouteFilters& filters, const RequestHead& head, Rng& rng,
                TimePoint now);

}  // namespace gnomon::proxy
