// retries to the policy that attempts follow.
#pragma once

#include "config/route_options.h"
#include "routing/place.h"
#include "routing/plan.h"

namespace gnomon::routing {

RetryPolicy build_retries(const Place& place, const config::Retries& from);

}  // namespace gnomon::routing
