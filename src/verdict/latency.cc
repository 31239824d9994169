#include "verdict/latency.h"

#include <algorithm>

namespace gnomon::verdict {
namespace {

uint64_t tolerated(uint64_t us, uint32_t tolerance_permille) noexcept {
  return us + us * tolerance_permille / 1000;
}

}  // namespace

void Latency::add(AnswerClass kind, uint64_t candidate_us, uint64_t control_us,
                  uint32_t tolerance_permille) {
  candidate_us = std::min(candidate_us, Histogram::kMost);
  control_us = std::min(control_us, Histogram::kMost);
  ++(candidate_us > tolerated(control_us, tolerance_permille) ? slower : rest);
  Arms& its = arms(kind);
  if (its.threshold_us > 0) {
    ++exceeded_n;
    exceeded.add(candidate_us > tolerated(its.threshold_us, tolerance_permille),
                 control_us > its.threshold_us);
  }
  its.candidate.add(candidate_us);
  its.control.add(control_us);
  its.recent.add(control_us);
  if (const uint64_t n = its.recent.count(); n >= kWindow) {
    its.threshold_us = its.recent.high_at(n - n / 100);
    its.recent = {};
  }
}

Latency& Latency::operator+=(const Latency& more) {
  for (size_t i = 0; i < kAnswerClasses; ++i) {
    arms_[i].candidate += more.arms_[i].candidate;
    arms_[i].control += more.arms_[i].control;
    arms_[i].recent += more.arms_[i].recent;
    if (arms_[i].threshold_us == 0) arms_[i].threshold_us = more.arms_[i].threshold_us;
  }
  slower += more.slower;
  rest += more.rest;
  exceeded += more.exceeded;
  exceeded_n += more.exceeded_n;
  return *this;
}

}  // namespace gnomon::verdict
