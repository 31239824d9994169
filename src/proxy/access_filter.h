// Whether an exchange gets a line in an access log.
#pragma once

#include "proxy/stream_facts.h"
#include "routing/access_plan.h"

namespace gnomon::proxy {

bool passes(const routing::AccessFilter& filter, const StreamFacts& facts);

}  // namespace gnomon::proxy
