#include "trial/compare_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "base/thread_name.h"
#include "shadow/trio_shelf.h"

namespace gnomon::trial {
namespace {

constexpr int kNiceness = 10;
// A thread that has run out of work looks again after this long, a few times, before it has to be
// woken: under load workers need not wake anybody.
constexpr Millis kLook{4};
constexpr int kLooks = 5;

void lower_priority() noexcept {
  // Of this thread alone, on Linux. Where it is refused the thread runs as the others do.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
}

}  // namespace

ComparePool::ComparePool(Settings settings, TrioJudge& judge)
    : judge_(judge), queue_(settings.queue) {
  for (size_t i = 0; i < settings.threads; ++i) threads_.emplace_back([this] { run(); });
}

ComparePool::~ComparePool() {
  stopping_ = true;
  while (claim_sleeper()) wake_.release();
  stop_.release(static_cast<ptrdiff_t>(threads_.size()));
  for (std::thread& thread : threads_) thread.join();
}

bool ComparePool::take(std::unique_ptr<shadow::Trio> trio) noexcept {
  if (!queue_.push(trio)) {
    shadow::TrioShelf::put_back(std::move(trio));
    return false;
  }
  // A system call for each comparer that fell asleep, and none beside.
  if (claim_sleeper()) wake_.release();
  return true;
}

size_t ComparePool::drain(Duration most) {
  std::unique_lock lock(mutex_);
  idle_.wait_for(lock, most, [this] { return waiting() == 0; });
  return waiting();
}

void ComparePool::run() {
  name_thread("comparer");
  lower_priority();
  compare::Comparer comparer;
  Judged judged;
  while (std::unique_ptr<shadow::Trio> trio = next(judged)) {
    judge_.on_trio(*trio, comparer);
    const bool large = trio->charged > shadow::TrioShelf::kKeptBytes;
    judged.trios[judged.count++] = std::move(trio);
    if (large || judged.count == judged.trios.size()) put_back(judged);
  }
  put_back(judged);
}

void ComparePool::put_back(Judged& judged) noexcept {
  for (size_t i = 0; i < judged.count; ++i) {
    shadow::TrioShelf::put_back(std::move(judged.trios[i]));
  }
  judged_.fetch_add(std::exchange(judged.count, 0), std::memory_order_release);
  if (waiting() > 0) return;
  const std::lock_guard lock(mutex_);
  idle_.notify_all();
}

// Null: the pool is stopping.
std::unique_ptr<shadow::Trio> ComparePool::next(Judged& judged) {
  for (int looks = 0; !stopping_;) {
    if (std::unique_ptr<shadow::Trio> trio = queue_.pop()) return trio;
    if (judged.count > 0) put_back(judged);
    if (++looks <= kLooks) {
      if (stop_.try_acquire_for(kLook)) return nullptr;
    } else if (std::unique_ptr<shadow::Trio> trio = doze()) {
      return trio;
    }
  }
  return nullptr;
}

// For whoever wakes a sleeper, and for a sleeper that thinks better of it: only one of them may.
bool ComparePool::claim_sleeper() noexcept {
  size_t sleepers = sleepers_.load();
  while (sleepers > 0) {
    if (sleepers_.compare_exchange_weak(sleepers, sleepers - 1)) return true;
  }
  return false;
}

// Looks once more after it has said that it will sleep: what was put in before that look is found
// by it, and whoever puts something in after it finds the sleeper.
std::unique_ptr<shadow::Trio> ComparePool::doze() {
  ++sleepers_;
  std::unique_ptr<shadow::Trio> trio = queue_.pop();
  const bool stays = trio == nullptr && !stopping_;
  if (stays || !claim_sleeper()) wake_.acquire();
  return trio;
}

}  // namespace gnomon::trial
