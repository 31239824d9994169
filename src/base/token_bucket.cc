#include "base/token_bucket.h"

#include <algorithm>

namespace gnomon {
namespace {

constexpr int64_t kLongAgo = INT64_MIN / 4;
constexpr int64_t kForever = INT64_MAX / 4;  // so that sums of two of them fit

int64_t token_ns(const TokenBucketSettings& settings) noexcept {
  const int64_t per_fill = std::max<int64_t>(settings.tokens_per_fill, 1);
  return std::clamp<int64_t>(settings.fill_interval.count() / per_fill, 1, kForever);
}

int64_t full_ns(const TokenBucketSettings& settings, int64_t token_ns) noexcept {
  const int64_t tokens = settings.max_tokens;
  return tokens > kForever / token_ns ? kForever : tokens * token_ns;
}

int64_t to_ns(TimePoint time) noexcept { return time.time_since_epoch().count(); }

}  // namespace

TokenBucket::TokenBucket(const TokenBucketSettings& settings) noexcept
    : settings_(settings),
      token_ns_(token_ns(settings)),
      full_ns_(full_ns(settings, token_ns_)),
      empty_at_(kLongAgo) {}

int64_t TokenBucket::empty_since(int64_t now) const noexcept {
  return std::max(empty_at_.load(std::memory_order_relaxed), now - full_ns_);
}

bool TokenBucket::take(TimePoint now) noexcept {
  const int64_t at = to_ns(now);
  int64_t before = empty_at_.load(std::memory_order_relaxed);
  for (;;) {
    const int64_t after = std::max(before, at - full_ns_) + token_ns_;
    if (after > at) return false;
    if (empty_at_.compare_exchange_weak(before, after, std::memory_order_relaxed)) return true;
  }
}

uint32_t TokenBucket::left(TimePoint now) const noexcept {
  const int64_t at = to_ns(now);
  const int64_t tokens = std::max<int64_t>(at - empty_since(at), 0) / token_ns_;
  return static_cast<uint32_t>(std::min<int64_t>(tokens, settings_.max_tokens));
}

Duration TokenBucket::until_next(TimePoint now) const noexcept {
  const int64_t at = to_ns(now);
  const int64_t saved = at - empty_since(at);
  // A clock read a moment earlier than another thread's may lie before the bucket's own time.
  return Duration(saved >= 0 ? token_ns_ - saved % token_ns_ : token_ns_ - saved);
}

}  // namespace gnomon
