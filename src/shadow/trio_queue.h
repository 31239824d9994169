// Trios on their way from workers to comparers. Bounded, and nobody ever waits in it for anybody: a
// comparer of low priority may lose its processor at any point, and workers go on. After D.
// Vyukov's bounded queue: each cell says whose turn it is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "shadow/trio.h"

namespace gnomon::shadow {

class TrioQueue {
 public:
  // Room for `most`, two at the least.
  explicit TrioQueue(size_t most);

  // From any thread. False when there is no room, and the trio stays where it is.
  bool push(std::unique_ptr<Trio>& trio) noexcept;
  // From any thread: the oldest, or null when there is none.
  std::unique_ptr<Trio> pop() noexcept;
  // How many have been put in so far.
  uint64_t pushed() const noexcept { return tail_.load(std::memory_order_acquire); }

 private:
  struct Cell {
    // Equal to a position: may be filled for it; one more: may be emptied.
    std::atomic<uint64_t> turn{0};
    std::unique_ptr<Trio> trio;
  };

  // Of positions to come.
  void prefetch_behind(const Cell& cell) const noexcept;

  std::vector<Cell> cells_;
  // Apart, so that workers and comparers do not take the line from each other.
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) std::atomic<uint64_t> head_{0};
};

}  // namespace gnomon::shadow
