// How much of what was chosen to be compared came to nothing, and why.
#pragma once

#include <cstdint>
#include <string>

#include "verdict/counters.h"

namespace gnomon::verdict {

struct Exclusion {
  uint64_t chosen = 0;
  uint64_t excluded = 0;  // of these
  std::string reason;     // of most of them

  double share() const noexcept {
    return chosen == 0 ? 0 : static_cast<double>(excluded) / static_cast<double>(chosen);
  }
};

// Without those that came to nothing by a client, by the live upstream, by a rate or a client's
// share that the operator has set, or because the gateway stops.
Exclusion exclusion_of(const Counters& counters);

}  // namespace gnomon::verdict
