// What a shadow may use, all workers together: copies in flight, bytes held, copies per second, and
// the share of each client. The only state that workers share about shadows, in atomics.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/registry.h"
#include "shadow/client_quota.h"

namespace gnomon::shadow {

// A quantity with a ceiling.
class Budget {
 public:
  bool take(uint64_t amount, uint64_t limit) noexcept {
    if (used_.fetch_add(amount, std::memory_order_relaxed) + amount <= limit) return true;
    give_back(amount);
    return false;
  }
  void give_back(uint64_t amount) noexcept {
    if (amount > 0) used_.fetch_sub(amount, std::memory_order_relaxed);
  }
  uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> used_{0};
};

// At most `per_second` grants, with room for a burst of a tenth of a second (at least one). Generic
// cell rate algorithm (ITU-T I.371): one number, the time at which the next grant would be due.
class RateLimit {
 public:
  bool take(TimePoint now, double per_second) noexcept {
    if (per_second <= 0) return true;
    const auto interval = static_cast<int64_t>(1e9 / per_second);
    const int64_t burst = std::max<int64_t>(interval, 100'000'000);
    const int64_t at = now.time_since_epoch().count();
    int64_t due = due_.load(std::memory_order_relaxed);
    for (;;) {
      const int64_t start = std::max(due, at);
      if (start - at > burst - interval) return false;
      if (due_.compare_exchange_weak(due, start + interval, std::memory_order_relaxed)) return true;
    }
  }

 private:
  std::atomic<int64_t> due_{0};
};

struct ShadowLimits {
  Budget in_flight;
  RateLimit rate;
  ClientQuota clients;
  alignas(64) Budget bytes;  // apart, as comparers give them back
};

// One per process.
struct SharedLimits {
  Registry<ShadowLimits> by_shadow;
  Budget in_flight;            // of all shadows
  uint64_t in_flight_max = 0;  // the share of descriptors left for them
};

}  // namespace gnomon::shadow
