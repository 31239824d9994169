// How much pointless work a peer may make us do on one HTTP/2 connection. Frames that carry nothing
// and streams that are begun only to be reset cost credit; time and useful traffic earn it back.
// What DATA of ours brings about, such as grants of window and pings that measure its way, is none.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "http/h2_common.h"

namespace gnomon::http {

class H2Calm {
 public:
  // A stream that ended before its exchange did, because the peer reset it or made us reset it.
  void on_reset() noexcept { spend(resets_, H2Flood::resets); }
  // A frame that moves nothing forward.
  void on_idle_frame() noexcept { spend(frames_, H2Flood::frames); }
  // One that may be owed to DATA of ours, and often comes long after it.
  void on_echo_frame() noexcept {
    if (echoes_ == 0) return on_idle_frame();
    --echoes_;
  }
  void on_data_sent() noexcept { echoes_ = std::min(echoes_ + kEchoesPerData, kEchoes); }
  void on_exchange() noexcept {
    resets_ = std::min(resets_ + 1, kResets);
    on_useful_frame();
  }
  void on_useful_frame() noexcept { frames_ = std::min(frames_ + 4, kFrames); }

  void tick(TimePoint now) noexcept {
    if (now - last_ < kTick) return;
    const int64_t ticks = last_ == TimePoint() ? 0 : (now - last_) / kTick;
    const auto earned = static_cast<int32_t>(std::min<int64_t>(ticks, kFrames));
    last_ = now;
    resets_ = std::min(resets_ + earned * kResetsPerTick, kResets);
    frames_ = std::min(frames_ + earned * kFramesPerTick, kFrames);
  }

  H2Flood exceeded() const noexcept { return exceeded_; }

 private:
  static constexpr int32_t kResets = 200;
  static constexpr int32_t kFrames = 1000;
  static constexpr int32_t kEchoes = 100'000;
  static constexpr int32_t kEchoesPerData = 4;
  static constexpr Duration kTick = std::chrono::milliseconds(100);
  static constexpr int32_t kResetsPerTick = 5;
  static constexpr int32_t kFramesPerTick = 20;

  void spend(int32_t& credit, H2Flood kind) noexcept {
    if (--credit < 0 && exceeded_ == H2Flood::none) exceeded_ = kind;
  }

  int32_t resets_ = kResets;
  int32_t frames_ = kFrames;
  int32_t echoes_ = 0;
  TimePoint last_{};
  H2Flood exceeded_ = H2Flood::none;
};

}  // namespace gnomon::http
