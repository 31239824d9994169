// What of a request has a say in which host it goes to.
#pragma once

#include <cstdint>
#include <optional>

#include "routing/plan.h"

namespace gnomon::proxy {

struct PickContext {
  // For ring_hash and maglev: equal hashes go to the same host. Absent: any host.
  std::optional<uint64_t> hash;
  // The labels that a host must have; null or empty: the upstream's fallback decides.
  const routing::Subset* subset = nullptr;
};

}  // namespace gnomon::proxy
