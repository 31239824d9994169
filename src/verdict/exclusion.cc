#include "verdict/exclusion.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace gnomon::verdict {

Exclusion exclusion_of(const Counters& counters) {
  static constexpr std::array<std::string_view, 5> kNotHeld = {
      "client_gone", kClientShare, "primary_rejected", "rate", "shutdown"};
  Exclusion found;
  uint64_t not_held = 0;
  uint64_t most = 0;
  for (const auto& [reason, times] : counters.excluded.counts()) {
    if (std::ranges::find(kNotHeld, reason) != kNotHeld.end()) {
      not_held += times;
      continue;
    }
    found.excluded += times;
    if (times <= most) continue;
    most = times;
    found.reason = reason;
  }
  // Of copies that were begun in a former epoch only the end is counted here.
  const uint64_t chosen = counters.sampled - std::min(counters.sampled, not_held);
  found.chosen = std::max(chosen, found.excluded);
  return found;
}

}  // namespace gnomon::verdict
