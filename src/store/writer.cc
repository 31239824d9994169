#include "store/writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace gnomon::store {

Writer::Writer(WriterSettings settings, const Clock& clock, Log& log)
    : settings_(std::move(settings)),
      clock_(clock),
      log_(log),
      archive_(settings_.path, settings_.bounds, log),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool Writer::submit(Batch batch) noexcept {
  const size_t samples = batch.samples.size();
  bool room = false;
  try {
    room = enqueue(batch);
  } catch (...) {
    room = false;  // no memory is no room
  }
  if (room) return true;
  stats_.refused_batches.fetch_add(1, std::memory_order_relaxed);
  stats_.refused_samples.fetch_add(samples, std::memory_order_relaxed);
  return false;
}

bool Writer::enqueue(Batch& batch) {
  const size_t bytes = batch.bytes();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (queue_.size() >= settings_.queue_batches) return false;
  if (queued_bytes_ + bytes > settings_.queue_bytes) return false;
  queue_.push_back({std::move(batch), bytes});
  queued_bytes_ += bytes;
  wake_.notify_one();
  return true;
}

bool Writer::flush(Millis at_most) {
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t mine = ++flushes_wanted_;
  wake_.notify_one();
  const bool done = written_.wait_for(lock, at_most, [&] { return flushes_done_ >= mine; });
  return done && flush_succeeded_;
}

void Writer::run() {
  commit();  // makes or mends the file, before anybody reads it
  bool last = false;
  while (!last) {
    Round round = gather();
    last = round.last;
    take_over(round.taken);
    const bool succeeded = commit();
    prune_when_due();
    const std::lock_guard<std::mutex> lock(mutex_);
    flushes_done_ = round.flushes;
    flush_succeeded_ = succeeded;
    written_.notify_all();
  }
}

Writer::Round Writer::gather() {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto urgent = [this] { return stopping_ || flushes_wanted_ > flushes_done_; };
  // With something left to try again there is nothing to wait for, nor while another process has
  // the store.
  if (stats_.owning && epochs_.empty() && rulings_.empty()) {
    wake_.wait_for(lock, settings_.prune_every, [&] { return urgent() || !queue_.empty(); });
  }
  wake_.wait_for(lock, settings_.gather, urgent);
  Round round{.flushes = flushes_wanted_, .last = stopping_};
  round.taken.swap(queue_);
  queued_bytes_ = 0;
  return round;
}

void Writer::take_over(std::deque<Queued>& taken) {
  for (Queued& each : taken) {
    for (EpochRecord& epoch : each.batch.epochs) {
      const EpochKey key = epoch.key;
      epochs_.insert_or_assign(key, std::move(epoch));
    }
    std::move(each.batch.samples.begin(), each.batch.samples.end(), std::back_inserter(samples_));
    std::move(each.batch.rulings.begin(), each.batch.rulings.end(), std::back_inserter(rulings_));
  }
  taken.clear();
}

void Writer::limit_waiting() {
  while (epochs_.size() > settings_.waiting_epochs) {
    epochs_.erase(std::min_element(
        epochs_.begin(), epochs_.end(),
        [](const auto& x, const auto& y) { return x.second.updated_us < y.second.updated_us; }));
    ++stats_.lost_epochs;
  }
  if (rulings_.size() > settings_.waiting_rulings) {
    const size_t surplus = rulings_.size() - settings_.waiting_rulings;
    rulings_.erase(rulings_.begin(), rulings_.begin() + static_cast<std::ptrdiff_t>(surplus));
    stats_.lost_rulings += surplus;
  }
}

Batch Writer::as_batch() const {
  Batch batch;
  for (const auto& [key, epoch] : epochs_) batch.epochs.push_back(epoch);
  batch.samples = samples_;
  batch.rulings = rulings_;
  return batch;
}

bool Writer::commit() {
  uint64_t refused = 0;
  auto done = archive_.open();
  if (done) stats_.owning = true;
  if (done && epochs_.empty() && samples_.empty() && rulings_.empty()) return true;
  if (done) done = archive_.write(as_batch(), refused);
  if (!done) {
    fail(done.error());
    return false;
  }
  stats_.lost_samples += refused;
  epochs_.clear();
  samples_.clear();
  rulings_.clear();
  ++stats_.commits;
  if (stats_.failing.exchange(false)) {
    set_trouble({});
    log_.info("the store is written again", {{"file", settings_.path}});
  }
  return true;
}

void Writer::fail(const Failure& failure) {
  ++stats_.failed_commits;
  stats_.lost_samples += samples_.size();
  samples_.clear();
  limit_waiting();
  // A broken file is not waited for: the counters that wait are the whole evidence, for a new one.
  if (failure.kind == Failure::Kind::corrupt && archive_.is_open()) archive_.give_up(failure.text);
  if (failure.kind == Failure::Kind::full) prune_due_ = {};
  stats_.moved_aside = archive_.moved_aside();
  set_trouble(failure.text);
  if (!stats_.failing.exchange(true)) {
    log_.warn(stats_.owning ? "the store cannot be written; samples are lost until it can"
                            : "the store cannot be opened; evidence is in memory only until it can",
              {{"file", settings_.path}, {"error", failure.text}});
  }
}

std::string Writer::trouble() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return trouble_;
}

void Writer::set_trouble(std::string trouble) {
  const std::lock_guard<std::mutex> lock(mutex_);
  trouble_ = std::move(trouble);
}

void Writer::prune_when_due() {
  stats_.moved_aside = archive_.moved_aside();
  if (!archive_.is_open() || clock_.now() < prune_due_) return;
  prune_due_ = clock_.now() + settings_.prune_every;
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.wall().time_since_epoch());
  const auto removed = archive_.prune(now.count());
  if (removed) stats_.pruned_rows += *removed;
}

}  // namespace gnomon::store
