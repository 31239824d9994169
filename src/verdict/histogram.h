// Durations in whole microseconds, counted in buckets at most 1/32 wide: 32 to each power of two.
#pragma once

#include <cstdint>
#include <vector>

namespace gnomon::verdict {

class Histogram {
 public:
  static constexpr uint64_t kMost = (uint64_t{1} << 36) - 1;  // 19 hours; more counts as that

  void add(uint64_t us, uint64_t times = 1);
  Histogram& operator+=(const Histogram& other);

  uint64_t count() const noexcept { return count_; }
  // The bounds of the bucket that holds the observation of that rank, from 1.
  uint64_t low_at(uint64_t rank) const noexcept;
  uint64_t high_at(uint64_t rank) const noexcept;

  // Observations by bucket, as far as there are any.
  const std::vector<uint64_t>& buckets() const noexcept { return buckets_; }
  static size_t bucket_of(uint64_t us) noexcept;
  static uint64_t low_of(size_t bucket) noexcept;
  static uint64_t high_of(size_t bucket) noexcept;  // inclusive

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  size_t bucket_at(uint64_t rank) const noexcept;

  std::vector<uint64_t> buckets_;  // grows to the largest observation
  uint64_t count_ = 0;
};

}  // namespace gnomon::verdict
