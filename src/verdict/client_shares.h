// How much of the evidence rests on the client that asked most. Clients are counted in 256 groups,
// by a hash: that bounds what is kept, and names nobody. So the share is that of the largest group,
// which with many clients is up to a few thousandths more than that of its largest client.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace gnomon::verdict {

class ClientShares {
 public:
  static constexpr size_t kGroups = 256;

  void add(uint64_t hash) noexcept { add_to(hash % kGroups, 1); }
  void add_to(size_t group, uint64_t times) noexcept { groups_[group] += times; }

  double largest() const noexcept {
    uint64_t all = 0;
    for (const uint64_t times : groups_) all += times;
    const uint64_t most = *std::ranges::max_element(groups_);
    return all == 0 ? 0 : static_cast<double>(most) / static_cast<double>(all);
  }

  ClientShares& operator+=(const ClientShares& more) noexcept {
    for (size_t i = 0; i < kGroups; ++i) groups_[i] += more.groups_[i];
    return *this;
  }
  const std::array<uint64_t, kGroups>& groups() const noexcept { return groups_; }

  friend bool operator==(const ClientShares&, const ClientShares&) = default;

 private:
  std::array<uint64_t, kGroups> groups_{};
};

}  // namespace gnomon::verdict
