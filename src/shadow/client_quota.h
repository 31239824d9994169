// Of each thousand copies at most a share may be of one client. Clients are told apart by a hash,
// in as many groups; those of one group share what is one client's. Workers that ask at the same
// time may both get the last.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace gnomon::shadow {

class ClientQuota {
 public:
  static constexpr uint32_t kRound = 1000;

  bool has_room(uint64_t client, uint32_t per_thousand) const noexcept {
    return groups_[client % kGroups].load(std::memory_order_relaxed) < per_thousand;
  }
  // A copy has been begun.
  void count(uint64_t client) noexcept {
    groups_[client % kGroups].fetch_add(1, std::memory_order_relaxed);
    if (all_.fetch_add(1, std::memory_order_relaxed) + 1 == kRound) begin_round();
  }

 private:
  static constexpr size_t kGroups = 1024;

  // What others count meanwhile may be lost.
  void begin_round() noexcept {
    for (std::atomic<uint32_t>& group : groups_) group.store(0, std::memory_order_relaxed);
    all_.store(0, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint32_t>, kGroups> groups_{};
  std::atomic<uint32_t> all_{0};
};

}  // namespace gnomon::shadow
