// What is on trial, as far as configuration tells.
#pragma once

#include <string>

#include "routing/build_context.h"

namespace gnomon::routing {

// Where copies go and what they ask for there. Equal texts: the same candidate. Not in it: the
// addresses that names lead to and the weights of hosts, which change with the load, and how
// connections are kept, balanced and watched.
std::string candidate_text(const BuildContext& context, const ShadowPolicy& policy);

}  // namespace gnomon::routing
