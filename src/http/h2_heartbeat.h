// When a silent HTTP/2 peer is asked for a sign of life (PING, RFC 9113 section 6.7), and when it
// is taken to be dead. Only while streams are open: an idle connection costs nobody anything.
#pragma once

#include <algorithm>
#include <cstdint>

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
  // The first stream is begun, or bytes came.
  void on_life(TimePoint now) noexcept {
    heard_ = now;
    asking_ = false;
  }
  // A part of a message came.
  void on_message() noexcept { asked_before_ = false; }
  // Asked, and nothing came since, for at least so long.
  bool unanswered(TimePoint now, Duration since) const noexcept {
    return asking_ && now - asked_ >= since;
  }

  // When `at` has come, ask again. Whoever is told `ask` sends a PING.
  Verdict check(TimePoint now, TimePoint& at) noexcept {
    if (asking_) {
      at = asked_ + rules_.answer;
      return now >= at ? Verdict::dead : Verdict::fine;
    }
    at = heard_ + rules_.quiet;
    if (asked_before_) at = std::max(at, asked_ + rules_.again);
    if (now < at) return Verdict::fine;
    asking_ = asked_before_ = true;
    asked_ = now;
    at = now + rules_.answer;
    return Verdict::ask;
  }

 private:
  const H2HeartbeatRules rules_;
  TimePoint heard_{};
  TimePoint asked_{};
  bool asking_ = false;
  bool asked_before_ = false;  // since the last part of a message
};

}  // namespace gnomon::http
