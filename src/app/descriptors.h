// How the descriptors of the process are shared out, so that no side of the traffic can take those
// of another, nor those that the admin API and a reload need.
#pragma once

#include <cstdint>

namespace gnomon::app {

struct DescriptorShares {
  uint64_t copies = 0;   // in flight, a descriptor each
  uint64_t clients = 0;  // connections; as many are left for their live requests
};

DescriptorShares share_descriptors(uint64_t limit) noexcept;

// Raises the soft limit to the hard one; returns how many descriptors we may have then.
uint64_t raise_descriptor_limit() noexcept;

}  // namespace gnomon::app
