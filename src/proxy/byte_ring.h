// A bounded queue of bytes between one producer thread and one consumer thread. Neither ever waits
// for the other: the producer is told when there is no room.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace gnomon::proxy {

class ByteRing {
 public:
  // The capacity is rounded up to a power of two. Its memory is left untouched until it is used.
  explicit ByteRing(size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1),
        bytes_(std::make_unique_for_overwrite<char[]>(mask_ + 1)) {}

  size_t capacity() const noexcept { return mask_ + 1; }
  // From either side; may be a moment old.
  size_t size() const noexcept {
    const uint64_t begin = begin_.load(std::memory_order_acquire);
    return static_cast<size_t>(end_.load(std::memory_order_acquire) - begin);
  }

  // Producer: appends all of `bytes` or nothing.
  bool push(std::string_view bytes) noexcept {
    const uint64_t end = end_.load(std::memory_order_relaxed);
    const auto used = static_cast<size_t>(end - begin_.load(std::memory_order_acquire));
    if (bytes.size() > capacity() - used) return false;
    const auto at = static_cast<size_t>(end & mask_);
    const size_t first = std::min(bytes.size(), capacity() - at);
    std::memcpy(bytes_.get() + at, bytes.data(), first);
    std::memcpy(bytes_.get(), bytes.data() + first, bytes.size() - first);
    end_.store(end + bytes.size(), std::memory_order_release);
    return true;
  }

  // Consumer: everything pushed so far, in at most two parts; returns how many.
  int peek(struct iovec (&out)[2]) const noexcept {
    const uint64_t begin = begin_.load(std::memory_order_relaxed);
    const auto used = static_cast<size_t>(end_.load(std::memory_order_acquire) - begin);
    const auto at = static_cast<size_t>(begin & mask_);
    const size_t first = std::min(used, capacity() - at);
    out[0] = {bytes_.get() + at, first};
    out[1] = {bytes_.get(), used - first};
    return used == 0 ? 0 : used == first ? 1 : 2;
  }
  void consume(size_t n) noexcept {
    begin_.store(begin_.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }

 private:
  static constexpr size_t kCacheLine = 64;

  const uint64_t mask_;
  const std::unique_ptr<char[]> bytes_;
  alignas(kCacheLine) std::atomic<uint64_t> begin_{0};  // written by the consumer
  alignas(kCacheLine) std::atomic<uint64_t> end_{0};    // written by the producer
};

}  // namespace gnomon::proxy
