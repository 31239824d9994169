// How the last reload went, for the admin thread to read.
#pragma once

#include <mutex>
#include <string>

#include "base/clock.h"
#include "routing/snapshot.h"

namespace gnomon::app {

struct ReloadStatus {
  bool successful = false;
  uint64_t generation = 0;  // of the configuration being served; 0 = none yet
  WallTime at{};            // of the last attempt
  std::string problems;     // of the last attempt, as `gnomon check` prints them; empty if none
  routing::SnapshotPtr snapshot;  // being served
};

class ReloadState {
 public:
  ReloadStatus get() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return status_;
  }
  void set(ReloadStatus status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = std::move(status);
  }

 private:
  mutable std::mutex mutex_;
  ReloadStatus status_;
};

}  // namespace gnomon::app
