#include "trial/compare_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace gnomon::trial {
namespace {

constexpr int kNiceness = 10;
// A thread that has run out of work looks again after this long, a few times, before it has to be
// woken: under load workers need not wake anybody.
constexpr Millis kLook{1};
constexpr int kLooks = 20;
// Taken from the queue at a time.
constexpr size_t kBatch = 32;

void lower_priority() noexcept {
  // Of this thread alone, on Linux. Where it is refused the thread runs as the others do.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
}

}  // namespace

ComparePool::ComparePool(Settings settings, TrioJudge& judge) : settings_(settings), judge_(judge) {
  for (size_t i = 0; i < settings_.threads; ++i) threads_.emplace_back([this] { run(); });
}

ComparePool::~ComparePool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool ComparePool::take(std::unique_ptr<shadow::Trio> trio) noexcept {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= settings_.queue) return false;
    queue_.push_back(std::move(trio));
    waiting_.fetch_add(1, std::memory_order_relaxed);
    wake = sleepers_ > 0;
  }
  if (wake) wake_.notify_one();
  return true;
}

void ComparePool::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return waiting() == 0; });
}

void ComparePool::run() {
  lower_priority();
  compare::Comparer comparer;
  std::vector<std::unique_ptr<shadow::Trio>> batch;
  int looks = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      if (++looks <= kLooks) {
        wake_.wait_for(lock, kLook);
        continue;
      }
      ++sleepers_;
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --sleepers_;
    }
    looks = 0;
    // From the front: the oldest first.
    const auto end = queue_.begin() + static_cast<ptrdiff_t>(std::min(kBatch, queue_.size()));
    batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    lock.unlock();
    for (const auto& trio : batch) judge_.on_trio(*trio, comparer);
    const size_t done = batch.size();
    batch.clear();
    lock.lock();
    if (waiting_.fetch_sub(done, std::memory_order_relaxed) == done) idle_.notify_all();
  }
}

}  // namespace gnomon::trial
