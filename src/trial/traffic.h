// What workers counted about the copies of a trial, over some time.
#pragma once

#include "verdict/tally.h"

namespace gnomon::trial {

struct Traffic {
  uint64_t seen = 0;        // requests on the route
  uint64_t sampled = 0;     // of these, chosen to be copied
  verdict::Tally excluded;  // of these, not judged, by reason
};

}  // namespace gnomon::trial
