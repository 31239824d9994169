#include "net/timer.h"

#include <algorithm>
#include <utility>

namespace gnomon::net {

void Timer::arm(Duration delay) {
  cancel();
  const Duration at = wheel_.now_ - wheel_.origin_ + std::max(delay, Duration::zero());
  const auto tick =
      static_cast<uint64_t>((at + TimerWheel::kTick - Duration(1)) / TimerWheel::kTick);
  deadline_tick_ = std::max(tick, wheel_.tick_ + 1);
  wheel_.insert(*this);
  ++wheel_.armed_;
}

void Timer::cancel() noexcept {
  if (!armed()) return;
  TimerWheel::unlink(slot_ != nullptr ? *slot_ : wheel_.expiring_, *this);
  --wheel_.armed_;
}

void TimerWheel::link(Timer*& head, Timer& timer) noexcept {
  if (head == nullptr) {
    timer.next_ = timer.prev_ = &timer;
    head = &timer;
    return;
  }
  timer.next_ = head;
  timer.prev_ = head->prev_;
  head->prev_->next_ = &timer;
  head->prev_ = &timer;
}

void TimerWheel::unlink(Timer*& head, Timer& timer) noexcept {
  if (timer.next_ == &timer) {
    head = nullptr;
  } else {
    timer.next_->prev_ = timer.prev_;
    timer.prev_->next_ = timer.next_;
    if (head == &timer) head = timer.next_;
  }
  timer.next_ = timer.prev_ = nullptr;
}

void TimerWheel::insert(Timer& timer) noexcept {
  const uint64_t delta = timer.deadline_tick_ - tick_;
  int level = 0;
  while (level + 1 < kLevels && (delta >> (kBits * (level + 1))) != 0) ++level;
  // Beyond the last level (49 days) a timer waits in the farthest slot and is looked at again
  // there.
  const uint64_t span = uint64_t{1} << (kBits * kLevels);
  const uint64_t at = delta < span ? timer.deadline_tick_ : tick_ + span - 1;
  Timer*& slot = slots_[level][(at >> (kBits * level)) % kSlots];
  timer.slot_ = &slot;
  link(slot, timer);
}

// Timers of this tick and those after it may sit on a higher level; they come down when their slot
// begins. insert() sees distances from zero up and so never puts one back where it came from.
void TimerWheel::cascade() noexcept {
  for (int level = kLevels - 1; level > 0; --level) {
    if (tick_ % (uint64_t{1} << (kBits * level)) != 0) continue;
    Timer* list = std::exchange(slots_[level][(tick_ >> (kBits * level)) % kSlots], nullptr);
    while (list != nullptr) {
      Timer* timer = list;
      unlink(list, *timer);
      insert(*timer);
    }
  }
}

void TimerWheel::fire_due() {
  const auto target = static_cast<uint64_t>((now_ - origin_) / kTick);
  if (armed_ == 0) {
    tick_ = std::max(tick_, target);
    return;
  }
  while (tick_ < target) {
    ++tick_;
    cascade();
    Timer*& due = slots_[0][tick_ % kSlots];
    while (due != nullptr) {
      Timer* timer = due;
      unlink(due, *timer);
      timer->slot_ = nullptr;
      link(expiring_, *timer);
    }
    while (expiring_ != nullptr) {
      Timer* timer = expiring_;
      unlink(expiring_, *timer);
      --armed_;
      timer->fire_();
    }
    if (armed_ == 0) {
      tick_ = std::max(tick_, target);
      return;
    }
  }
}

Duration TimerWheel::next_wait() const noexcept {
  if (armed_ == 0) return Duration(-1);
  uint64_t tick = tick_ + 1;
  while (slots_[0][tick % kSlots] == nullptr && tick % kSlots != 0) ++tick;
  const TimePoint at = origin_ + kTick * static_cast<int64_t>(tick);
  return std::max(at - now_, Duration::zero());
}

}  // namespace gnomon::net
