// headerManipulation to what is done to the headers of requests and answers.
#pragma once

#include "config/route_options.h"
#include "routing/place.h"
#include "routing/plan.h"

namespace gnomon::routing {

HeaderEdits build_edits(const Place& place, const config::HeaderManipulation& headers);

}  // namespace gnomon::routing
