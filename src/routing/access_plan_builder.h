// accessLoggingService of a Gateway to plans.
#pragma once

#include <vector>

#include "config/gateway.h"
#include "routing/access_plan.h"
#include "routing/build_context.h"

namespace gnomon::routing {

std::vector<AccessLogPlan> build_access_logs(BuildContext& context, const config::Gateway& gateway);

}  // namespace gnomon::routing
