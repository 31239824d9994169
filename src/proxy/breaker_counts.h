// What is in use of an upstream by all workers together, for its circuitBreakers. The only counters
// that workers share: a limit of one must mean one, however many workers there are.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/registry.h"

namespace gnomon::proxy {

class BreakerCount {
 public:
  // Takes one unless `limit` are taken.
  bool take(uint32_t limit) noexcept {
    if (count_.fetch_add(1, std::memory_order_relaxed) < limit) return true;
    give_back();
    return false;
  }
  void give_back() noexcept { count_.fetch_sub(1, std::memory_order_relaxed); }
  uint32_t value() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint32_t> count_{0};
};

struct BreakerCounts {
  BreakerCount connections;
  BreakerCount pending;
  BreakerCount requests;
  BreakerCount retries;
};

using BreakerRegistry = Registry<BreakerCounts>;

}  // namespace gnomon::proxy
