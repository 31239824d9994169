// Rules that often differ from what an author has in mind. Nothing here is wrong, so that each kind
// of advice is given once, and not for every route.
#pragma once

#include <vector>

#include "config/resources.h"

namespace gnomon::cli {

// Notes, at the first place where each applies.
std::vector<config::Diagnostic> advise(const config::Resources& resources);

}  // namespace gnomon::cli
