// A token bucket that any number of threads may take from, without locks: a limit of one holds for
// all of them together. Time is handed in.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace gnomon {

struct TokenBucketSettings {
  uint32_t max_tokens = 0;       // how many can be saved up; 0 refuses everything
  uint32_t tokens_per_fill = 1;  // at least 1
  Duration fill_interval{};      // more than zero
  bool operator==(const TokenBucketSettings&) const = default;
};

// Full at first. Tokens drip in evenly, as if each were added by itself.
class TokenBucket {
 public:
  explicit TokenBucket(const TokenBucketSettings& settings) noexcept;

  // Takes one token, if there is one.
  bool take(TimePoint now) noexcept;

  // Whole tokens that are left, and how long until there is one more.
  uint32_t left(TimePoint now) const noexcept;
  Duration until_next(TimePoint now) const noexcept;
  const TokenBucketSettings& settings() const noexcept { return settings_; }

 private:
  // When the bucket would have been empty, had nothing been taken since but for what was.
  int64_t empty_since(int64_t now) const noexcept;

  const TokenBucketSettings settings_;
  const int64_t token_ns_;  // time that it takes for one token to drip in
  const int64_t full_ns_;   // ... and for all of them
  std::atomic<int64_t> empty_at_;
};

}  // namespace gnomon
