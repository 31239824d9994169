#include "verdict/split.h"

#include "verdict/proportion.h"

namespace gnomon::verdict {

double log_e_split(uint64_t fresh, uint64_t old, double share) noexcept {
  return log_e_rate_above(fresh, fresh + old, share, {.a = 1, .b = 1});
}

}  // namespace gnomon::verdict
