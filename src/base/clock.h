// Time comes in through here, so that tests run in virtual time.
#pragma once

#include <chrono>

namespace gnomon {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;
using Millis = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;  // monotonic
  virtual WallTime wall() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
  WallTime wall() const noexcept override { return std::chrono::system_clock::now(); }
};

// Stands still until it is moved.
class ManualClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return now_; }
  WallTime wall() const noexcept override { return WallTime(now_.time_since_epoch()); }
  void advance(Duration by) noexcept { now_ += by; }

 private:
  TimePoint now_{std::chrono::hours(1)};
};

inline double to_seconds(Duration d) noexcept {
  return std::chrono::duration_cast<std::chrono::duration<double>>(d).count();
}

}  // namespace gnomon
