#include "routing/route_filters.h"

#include <algorithm>

namespace gnomon::routing {

bool CorsPolicy::allows(std::string_view origin) const {
  const auto listed = [&](const std::string& one) { return one == "*" || one == origin; };
  const auto fits = [&](const RegexPtr& one) { return matches_fully(*one, origin); };
  return std::ranges::any_of(origins, listed) || std::ranges::any_of(origin_patterns, fits);
}

}  // namespace gnomon::routing
