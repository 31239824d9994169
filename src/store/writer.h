// Writes to the store, on a thread of its own, so that no caller ever waits for a disk. What does
// not fit into the queue is refused and counted; what the disk refuses is kept if it cannot be had
// again (counters, rulings), and dropped and counted if it can (samples).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "store/archive.h"
#include "store/records.h"

namespace gnomon::store {

struct WriterSettings {
  std::string path;
  Bounds bounds;
  // What a crash can cost: batches are gathered for so long, and then written as one.
  Millis gather{500};
  size_t queue_bytes = size_t{16} << 20;
  size_t queue_batches = 1024;
  // Kept while the disk refuses them.
  size_t waiting_epochs = 64;
  size_t waiting_rulings = 1000;
  Duration prune_every = std::chrono::minutes(1);
};

// Any thread reads it.
struct WriterStats {
  std::atomic<uint64_t> commits{0};
  std::atomic<uint64_t> failed_commits{0};
  std::atomic<uint64_t> refused_batches{0};  // the queue was full
  std::atomic<uint64_t> refused_samples{0};  // in them
  std::atomic<uint64_t> lost_samples{0};     // too large, too many, or the disk refused them
  std::atomic<uint64_t> lost_epochs{0};      // too many while the disk refused them
  std::atomic<uint64_t> lost_rulings{0};     // as well
  std::atomic<uint64_t> pruned_rows{0};
  std::atomic<uint64_t> moved_aside{0};  // databases that could not be used
  std::atomic<bool> failing{false};      // the last commit failed
  std::atomic<bool> owning{false};       // the store was opened, and is ours until the end
};

class Writer {
 public:
  Writer(WriterSettings settings, const Clock& clock, Log& log);
  // Writes what is queued, once, and ends the thread.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // From any thread; never waits for the disk. False: there was no room, and it counts as refused.
  bool submit(Batch batch) noexcept;
  // Writes what was submitted before, now. False: that failed, or took too long.
  bool flush(Millis at_most);

  const WriterStats& stats() const noexcept { return stats_; }
  // Why the last commit failed, for people; empty if it did not.
  std::string trouble() const;

 private:
  struct Queued {
    Batch batch;
    size_t bytes = 0;
  };

  void run();
  bool enqueue(Batch& batch);
  struct Round {
    std::deque<Queued> taken;
    uint64_t flushes = 0;  // asked for so far
    bool last = false;
  };
  Round gather();
  void take_over(std::deque<Queued>& taken);
  bool commit();
  void limit_waiting();
  void fail(const Failure& failure);
  void set_trouble(std::string trouble);
  void prune_when_due();
  Batch as_batch() const;

  const WriterSettings settings_;
  const Clock& clock_;
  Log& log_;
  WriterStats stats_;

  mutable std::mutex mutex_;
  std::string trouble_;
  std::condition_variable wake_;     // of the thread
  std::condition_variable written_;  // of those who wait in flush
  std::deque<Queued> queue_;
  size_t queued_bytes_ = 0;
  uint64_t flushes_wanted_ = 0;
  uint64_t flushes_done_ = 0;
  bool flush_succeeded_ = false;
  bool stopping_ = false;

  // The thread's own.
  Archive archive_;
  std::map<EpochKey, EpochRecord> epochs_;  // the newest of each that is not written yet
  std::vector<RulingRecord> rulings_;
  std::vector<SampleRecord> samples_;
  TimePoint prune_due_{};
  std::thread thread_;  // last: it uses everything above
};

}  // namespace gnomon::store
