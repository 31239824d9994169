// The threads on which answers are compared: few, of low priority, behind a queue that can say no.
// Workers hand over and go on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "compare/comparer.h"
#include "shadow/trio.h"

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

  // From any thread.
  bool take(std::unique_ptr<shadow::Trio> trio) noexcept override;

  size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
  // Waits until everything that was taken before has been judged.
  void drain();

 private:
  void run();

  const Settings settings_;
  TrioJudge& judge_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<std::unique_ptr<shadow::Trio>> queue_;
  std::atomic<size_t> waiting_{0};  // queued, or being judged
  size_t sleepers_ = 0;             // threads that have to be woken
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gnomon::trial
