// When a silent HTTP/2 peer is asked for a sign of life (PING, RFC 9113 section 6.7), and when it
// is taken to be dead. Only while streams are open: an idle connection costs nobody anything.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace gnomon::http {

struct H2HeartbeatRules {
  Millis quiet{15'000};   // without a byte, before we ask; 0 = never
  Millis answer{30'000};  // for any byte to come then
  // Between two questions without a message between them. Servers of gRPC end the connection of a
  // client that asks more often than every five minutes.
  Millis again{310'000};
};

class H2Heartbeat {
 public:
  enum class Verdict : uint8_t { fine, ask, dead };

  explicit H2Heartbeat(const H2HeartbeatRules& rules) noexcept : rules_(rules) {}

  bool on() const noexcept { return rules_.quiet > Millis::zero(); }
  // Bytes came. Nothing that we do ourselves is a sign of life.
  void on_life(TimePoint now) noexcept {
    since_ = now;
    waiting_ = asking_ = false;
  }
  // The first stream is begun. Time in which nobody waited was no silence, but from the first that
  // got no byte it counts, whatever became of that.
  void on_wait(TimePoint now) noexcept {
    if (!std::exchange(waiting_, true)) since_ = now;
  }
  // A part of a message came.
  void on_message() noexcept { asked_before_ = false; }
  bool asking() const noexcept { return asking_; }
  // Asked, and nothing came since, for at least so long.
  bool unanswered(TimePoint now, Duration since) const noexcept {
    return asking_ && now - asked_ >= since;
  }

  // When to check next.
  TimePoint due() const noexcept {
    if (asking_) return asked_ + rules_.answer;
    const TimePoint at = since_ + rules_.quiet;
    return asked_before_ ? std::max(at, asked_ + rules_.again) : at;
  }

  // When `at` has come, ask again. Whoever is told `ask` sends a PING.
  Verdict check(TimePoint now, TimePoint& at) noexcept {
    at = due();
    if (now < at) return Verdict::fine;
    if (asking_) return Verdict::dead;
    asking_ = asked_before_ = true;
    asked_ = now;
    at = due();
    return Verdict::ask;
  }

 private:
  const H2HeartbeatRules rules_;
  TimePoint since_{};  // no byte has come, though one was waited for
  TimePoint asked_{};
  bool waiting_ = false;
  bool asking_ = false;
  bool asked_before_ = false;  // since the last part of a message
};

}  // namespace gnomon::http
