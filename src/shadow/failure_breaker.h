// Stops copying to a shadow that fails again and again, and tries it from time to time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace gnomon::shadow {

// Closed: copies flow. After kFailures failures in a row: open, no copy for a while. Then one copy
// is let through as a probe; its outcome closes the breaker or opens it for twice as long.
class FailureBreaker {
 public:
  static constexpr uint32_t kFailures = 20;
  static constexpr Millis kFirstPause{1'000};
  static constexpr Millis kLongestPause{30'000};

  enum class Permit : uint8_t { refused, copy, probe };

  // A probe must be answered for by exactly one of the three below, with `probe` set.
  Permit ask(TimePoint now) noexcept {
    if (failures_ < kFailures) return Permit::copy;
    if (now < open_until_ || probing_) return Permit::refused;
    probing_ = true;
    return Permit::probe;
  }
  void on_success() noexcept {
    failures_ = 0;
    probing_ = false;
    pause_ = kFirstPause;
  }
  void on_failure(TimePoint now, bool probe) noexcept {
    if (failures_ < kFailures) ++failures_;
    if (failures_ < kFailures) return;
    // Copies that were under way when it opened fail as well; only a probe makes the pause longer.
    if (probe) {
      pause_ = std::min(pause_ * 2, kLongestPause);
      probing_ = false;
    } else if (probing_ || now < open_until_) {
      return;
    }
    open_until_ = now + pause_;
  }
  // A probe that ended for a reason of ours says nothing about the shadow.
  void on_void(bool probe) noexcept {
    if (probe) probing_ = false;
  }

 private:
  uint32_t failures_ = 0;
  bool probing_ = false;
  TimePoint open_until_{};
  Millis pause_ = kFirstPause;
};

}  // namespace gnomon::shadow
