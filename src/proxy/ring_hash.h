// Consistent hashing on a ring (ketama), with the ring that Envoy builds: a gateway that takes over
// from Envoy sends every client to the endpoint it has been talking to.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gnomon::proxy {

struct WeightedKey {
  std::string_view key;  // what stands for the host, such as "10.0.0.1:80"
  uint32_t weight = 1;
};

class RingHash {
 public:
  RingHash() = default;
  // The host with the least weight gets a whole number of points, the ring at least `size_min`
  // points if `size_max` allows.
  RingHash(std::span<const WeightedKey> hosts, uint64_t size_min, uint64_t size_max);

  // Index of the host; there must be one.
  uint32_t pick(uint64_t hash) const noexcept;
  size_t size() const noexcept { return ring_.size(); }

 private:
  struct Point {
    uint64_t hash;
    uint32_t host;
  };
  std::vector<Point> ring_;  // by hash
};

}  // namespace gnomon::proxy
