// Timers in a hierarchical wheel (Varghese and Lauck 1987): arming and cancelling cost the same for
// one timer and for a million. Resolution is a millisecond; a timer never fires early.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace gnomon::net {

class TimerWheel;

// Owned by whoever waits. Destroying it cancels it.
class Timer {
 public:
  Timer(TimerWheel& wheel, std::function<void()> fire) : wheel_(wheel), fire_(std::move(fire)) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Fires once, after at least `delay`. Arming an armed timer moves it.
  void arm(Duration delay);
  void cancel() noexcept;
  bool armed() const noexcept { return next_ != nullptr; }

 private:
  friend class TimerWheel;
  TimerWheel& wheel_;
  std::function<void()> fire_;
  uint64_t deadline_tick_ = 0;
  Timer** slot_ = nullptr;  // head of the list it is on; null while it is in the expiring list
  Timer* next_ = nullptr;   // circular; null when idle
  Timer* prev_ = nullptr;
};

class TimerWheel {
 public:
  explicit TimerWheel(TimePoint now) : origin_(now), now_(now) {}

  // The time that delays count from. The loop sets it once per turn.
  TimePoint now() const noexcept { return now_; }
  void set_now(TimePoint now) noexcept { now_ = now; }
  // Runs what is due at now().
  void fire_due();
  // How long until something may be due; negative when no timer is armed. May be early: a wheel
  // only knows the next slot to look at.
  Duration next_wait() const noexcept;
  size_t armed() const noexcept { return armed_; }

 private:
  friend class Timer;
  static constexpr int kBits = 8;
  static constexpr size_t kSlots = 1u << kBits;
  static constexpr int kLevels = 4;
  static constexpr Duration kTick = std::chrono::milliseconds(1);

  void insert(Timer& timer) noexcept;
  static void link(Timer*& head, Timer& timer) noexcept;
  static void unlink(Timer*& head, Timer& timer) noexcept;
  void cascade() noexcept;

  TimePoint origin_;
  TimePoint now_;
  uint64_t tick_ = 0;  // everything up to and including this tick has fired
  size_t armed_ = 0;
  std::array<std::array<Timer*, kSlots>, kLevels> slots_{};
  Timer* expiring_ = nullptr;
};

}  // namespace gnomon::net
