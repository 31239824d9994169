#include "proxy/header_levels.h"

#include <algorithm>

namespace gnomon::proxy {

HeaderLevels::HeaderLevels(const routing::Route& route, const routing::WeightedCluster* destination,
                           bool most_specific_wins) noexcept
    : levels_{destination != nullptr ? &destination->edits : nullptr, &route.edits,
              route.host_edits.get()} {
  if (most_specific_wins) std::ranges::reverse(levels_);
}

}  // namespace gnomon::proxy
