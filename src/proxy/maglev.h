// Consistent hashing by a table (Eisenbud et al., "Maglev", NSDI 2016), filled as Envoy fills it,
// so that both send a hash to the same host.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "proxy/ring_hash.h"

namespace gnomon::proxy {

class Maglev {
 public:
  static constexpr uint32_t kTableSize = 65537;  // a prime

  Maglev() = default;
  // There should be far fewer hosts than table entries, whose number must be a prime.
  explicit Maglev(std::span<const WeightedKey> hosts, uint32_t table_size = kTableSize);

  // Index of the host; there must be one.
  uint32_t pick(uint64_t hash) const noexcept { return table_[hash % table_.size()]; }

 private:
  std::vector<uint32_t> table_;
};

}  // namespace gnomon::proxy
