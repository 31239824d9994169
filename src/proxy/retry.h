// Whether a failed attempt is made again, and when. Pure decisions over a route's RetryPolicy, with
// the conditions of Envoy's x-envoy-retry-on.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/rng.h"
#include "msg/head.h"
#include "routing/plan.h"

namespace gnomon::proxy {

bool retries_grpc(const routing::RetryPolicy& policy, uint32_t status) noexcept;
bool retries_status(const routing::RetryPolicy& policy, uint16_t status) noexcept;
// `retriable_names` are those of x-envoy-retriable-header-names, where the client is believed.
bool retries_response(const routing::RetryPolicy& policy, const ResponseHead& head,
                      std::string_view retriable_names) noexcept;
// `head_sent`: the backend may have seen something of the attempt.
bool retries_error(const routing::RetryPolicy& policy, const Error& error, bool head_sent) noexcept;

// Pause before retry number `attempt` (1 is the first): fully jittered exponential back-off.
Millis retry_backoff(const routing::RetryPolicy& policy, uint32_t attempt, Rng& rng) noexcept;

// Pause that the backend itself asked for by one of the policy's reset headers, and up to half as
// long again, so that not everybody returns at once. Nothing when it asked for none, or for too
// long.
std::optional<Millis> requested_backoff(const routing::RetryPolicy& policy, const Headers& response,
                                        WallTime now, Rng& rng) noexcept;

}  // namespace gnomon::proxy
