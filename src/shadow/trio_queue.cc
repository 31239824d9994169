#include "shadow/trio_queue.h"

#include <algorithm>
#include <utility>

#include "base/prefetch.h"

namespace gnomon::shadow {

TrioQueue::TrioQueue(size_t most) : cells_(std::max<size_t>(most, 2)) {
  for (size_t i = 0; i < cells_.size(); ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
}

// The turn is stored and loaded in the one order that all threads agree on, so that a comparer
// which says that it will sleep and then finds nothing here is seen by whoever puts the next one
// in.
bool TrioQueue::push(std::unique_ptr<Trio>& trio) noexcept {
  uint64_t at = tail_.load(std::memory_order_relaxed);
  for (;;) {
    Cell& cell = cells_[at % cells_.size()];
    const uint64_t turn = cell.turn.load(std::memory_order_acquire);
    if (turn < at) return false;  // not emptied since the last round
    if (turn > at) {
      at = tail_.load(std::memory_order_relaxed);
    } else if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
      cell.trio = std::move(trio);
      cell.turn.store(at + 1, std::memory_order_seq_cst);
      prefetch_behind(cell);
      return true;
    }
  }
}

std::unique_ptr<Trio> TrioQueue::pop() noexcept {
  uint64_t at = head_.load(std::memory_order_relaxed);
  for (;;) {
    Cell& cell = cells_[at % cells_.size()];
    const uint64_t turn = cell.turn.load(std::memory_order_seq_cst);
    if (turn < at + 1) return nullptr;  // not filled yet
    if (turn > at + 1) {
      at = head_.load(std::memory_order_relaxed);
    } else if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
      std::unique_ptr<Trio> trio = std::move(cell.trio);
      cell.turn.store(at + cells_.size(), std::memory_order_release);
      prefetch_behind(cell);
      return trio;
    }
  }
}

void TrioQueue::prefetch_behind(const Cell& cell) const noexcept {
  constexpr size_t kAhead = 8;
  if (cells_.data() + cells_.size() - &cell > static_cast<ptrdiff_t>(kAhead)) {
    prefetch_to_write(&cell + kAhead, 1);
  }
}

}  // namespace gnomon::shadow
