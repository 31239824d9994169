// One measure of time (to the first byte, or in all) of the candidate beside that of the control. A
// candidate may be slower by the tolerance, a factor; beyond it, two questions: is it usually
// slower, and does it exceed what the control rarely does?
#pragma once

#include <array>
#include <cstdint>

#include "verdict/discordance.h"
#include "verdict/histogram.h"

namespace gnomon::verdict {

// Kinds of answers whose times have nothing in common. Streams have no time in all.
enum class AnswerClass : uint8_t {
  full,    // with a body
  bare,    // HEAD, 204, 304
  stream,  // the body ends when the server likes
};
inline constexpr size_t kAnswerClasses = 3;

class Latency {
 public:
  // Of so many observations of the control the p99 is frozen for the pairs to come, until there are
  // as many again. So whoever exceeds it by chance is as likely to be the candidate as the control,
  // and when the load changes it does not stay where most answers are, or none.
  static constexpr uint64_t kWindow = 1000;

  void add(AnswerClass kind, uint64_t candidate_us, uint64_t control_us,
           uint32_t tolerance_permille);
  // Thresholds may differ between workers: each was frozen before the pairs that it judged.
  Latency& operator+=(const Latency& more);

  struct Arms {
    Histogram candidate;
    Histogram control;
    Histogram recent;           // of the control, since the threshold was frozen
    uint64_t threshold_us = 0;  // for the next pair; 0: not frozen yet
    friend bool operator==(const Arms&, const Arms&) = default;
  };
  const Arms& arms(AnswerClass kind) const noexcept { return arms_[static_cast<size_t>(kind)]; }
  Arms& arms(AnswerClass kind) noexcept { return arms_[static_cast<size_t>(kind)]; }

  uint64_t slower = 0;  // pairs in which the candidate took more than (1 + tolerance) times as long
  uint64_t rest = 0;    // the other pairs
  Discordance exceeded;     // the threshold; the candidate's is (1 + tolerance) times as high
  uint64_t exceeded_n = 0;  // pairs since it was frozen first

  friend bool operator==(const Latency&, const Latency&) = default;

 private:
  std::array<Arms, kAnswerClasses> arms_;
};

}  // namespace gnomon::verdict
