// The test of a live release: of all errors seen, does the new version cause more than its share of
// the traffic? Holds whatever the load does, because both versions see the same hours.
#pragma once

#include <cstdint>

namespace gnomon::verdict {

// `share` of the traffic goes to the new version, which caused `fresh` of the errors; the old one
// caused `old`.
double log_e_split(uint64_t fresh, uint64_t old, double share) noexcept;

}  // namespace gnomon::verdict
