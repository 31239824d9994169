// Cross-origin requests (the Fetch standard, section 3.2), answered and marked as Envoy's filter
// does.
#pragma once

#include <optional>

#include "msg/head.h"
#include "routing/route_filters.h"

namespace gnomon::proxy {

// The answer to a preflight of an allowed origin; nothing for every other request.
std::optional<ResponseHead> answer_preflight(const routing::CorsPolicy& policy,
                                             const RequestHead& request);

// Tells the browser that `origin`, which is allowed, may read this answer.
void mark_allowed(const routing::CorsPolicy& policy, std::string_view origin, Headers& response);

}  // namespace gnomon::proxy
