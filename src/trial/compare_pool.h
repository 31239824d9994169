// The threads on which answers are compared: few, of low priority, behind a queue that can say no.
// Workers hand over and go on.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "compare/comparer.h"
#include "shadow/trio.h"
#include "shadow/trio_queue.h"

namespace gnomon::trial {

// What becomes of a trio. Called on one of the pool's threads, with that thread's comparer.
class TrioJudge {
 public:
  virtual void on_trio(const shadow::Trio& trio, compare::Comparer& comparer) = 0;

 protected:
  ~TrioJudge() = default;
};

class ComparePool final : public shadow::TrioSink {
 public:
  struct Settings {
    size_t threads = 1;
    size_t queue = 4096;  // trios that wait; their bytes are in the shadows' budgets
  };

  ComparePool(Settings settings, TrioJudge& judge);
  // Drops what still waits.
  ~ComparePool();
  ComparePool(const ComparePool&) = delete;
  ComparePool& operator=(const ComparePool&) = delete;

  // From any thread. Waits for nobody: neither for a lock nor for room.
  bool take(std::unique_ptr<shadow::Trio> trio) noexcept override;

  // Queued, or being judged.
  size_t waiting() const noexcept {
    const uint64_t judged = judged_.load(std::memory_order_acquire);
    return queue_.pushed() - judged;
  }
  // Waits until everything that was taken before has been judged, or until `most` has passed.
  // Returns how many were not.
  size_t drain(Duration most);

 private:
  // On its way back. What a comparer gives back, workers use next: for many at once they lose the
  // lines of budget and shelf once. Those that are large, or behind which nothing waits, go at
  // once.
  struct Judged {
    std::array<std::unique_ptr<shadow::Trio>, 16> trios;
    size_t count = 0;
  };

  void run();
  void put_back(Judged& judged) noexcept;
  std::unique_ptr<shadow::Trio> next(Judged& judged);
  std::unique_ptr<shadow::Trio> doze();
  bool claim_sleeper() noexcept;

  TrioJudge& judge_;
  shadow::TrioQueue queue_;
  std::atomic<uint64_t> judged_{0};
  alignas(64) std::atomic<size_t> sleepers_{0};  // threads that nobody has woken yet
  std::counting_semaphore<> wake_{0};
  std::counting_semaphore<> stop_{0};  // one for each thread that still looks
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // of comparers and who waits for them; no worker takes it
  std::condition_variable idle_;
  std::vector<std::thread> threads_;
};

}  // namespace gnomon::trial
