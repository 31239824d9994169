#include "verdict/histogram.h"

#include <algorithm>
#include <bit>

namespace gnomon::verdict {
namespace {

constexpr uint64_t kFine = 32;  // buckets to a power of two; below that, one to a microsecond
constexpr int kFineBits = 5;

}  // namespace

size_t Histogram::bucket_of(uint64_t us) noexcept {
  if (us < kFine) return us;
  const int shift = std::bit_width(us) - 1 - kFineBits;
  return (static_cast<size_t>(shift) + 1) * kFine + ((us >> shift) - kFine);
}

uint64_t Histogram::low_of(size_t bucket) noexcept {
  if (bucket < kFine) return bucket;
  return (kFine + bucket % kFine) << (bucket / kFine - 1);
}

uint64_t Histogram::high_of(size_t bucket) noexcept { return low_of(bucket + 1) - 1; }

void Histogram::add(uint64_t us, uint64_t times) {
  const size_t bucket = bucket_of(std::min(us, kMost));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  buckets_[bucket] += times;
  count_ += times;
}

Histogram& Histogram::operator+=(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  return *this;
}

size_t Histogram::bucket_at(uint64_t rank) const noexcept {
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return i;
  }
  return buckets_.empty() ? 0 : buckets_.size() - 1;
}

uint64_t Histogram::low_at(uint64_t rank) const noexcept { return low_of(bucket_at(rank)); }

uint64_t Histogram::high_at(uint64_t rank) const noexcept { return high_of(bucket_at(rank)); }

}  // namespace gnomon::verdict
