// Earliest deadline first: hosts in turn, each as often as its weight says. Picking costs the
// logarithm of their number and no memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gnomon::proxy {

class EdfSchedule {
 public:
  void clear() noexcept { heap_.clear(); }
  bool empty() const noexcept { return heap_.empty(); }

  // `phase` in [0, 1) is how much of its first turn the host has behind it, so that schedules which
  // begin at the same time do not all begin with the same host.
  void add(uint32_t host, double weight, double phase) {
    heap_.push_back({now_ + (1 - phase) / weight, order_++, host});
    std::ranges::push_heap(heap_, later);
  }

  // The host whose turn it is. `weight(host)` is asked for when its next turn is planned.
  template <typename Weight>
  uint32_t pick(Weight&& weight) {
    std::ranges::pop_heap(heap_, later);
    Turn& turn = heap_.back();
    now_ = turn.deadline;
    const uint32_t host = turn.host;
    turn.deadline = now_ + 1 / weight(host);
    turn.order = order_++;
    std::ranges::push_heap(heap_, later);
    return host;
  }

 private:
  struct Turn {
    double deadline;
    uint64_t order;  // of two with the same deadline the one that was planned first
    uint32_t host;
  };
  static bool later(const Turn& a, const Turn& b) noexcept {
    return a.deadline != b.deadline ? a.deadline > b.deadline : a.order > b.order;
  }

  std::vector<Turn> heap_;
  double now_ = 0;
  uint64_t order_ = 0;
};

}  // namespace gnomon::proxy
