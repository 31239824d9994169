// Reference-counted bytes. What one side reads, the other side, the shadow and later the comparer
// hold by reference; nobody copies.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/pool.h"

namespace gnomon {

class BlockRef;

// A run of bytes with a reference count. Bytes that have been handed out never change; only the one
// writer that filled the block may append behind them. Any thread may hold and drop references.
class Block {
 public:
  static constexpr uint32_t kSmall = 2048;      // capacity of a small pooled block, header included
  static constexpr uint32_t kStandard = 16384;  // capacity of a read buffer, header included

  // A block with room for at least `bytes`. Sizes up to kStandard come from a pool per thread.
  static BlockRef allocate(size_t bytes);

  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  char* data() noexcept { return reinterpret_cast<char*>(this) + sizeof(Block); }
  uint32_t capacity() const noexcept { return capacity_; }
  // True when the caller holds the only reference, so that the bytes may be overwritten.
  bool unique() const noexcept { return refs_.load(std::memory_order_acquire) == 1; }

 private:
  friend class BlockRef;
  explicit Block(uint32_t capacity) noexcept : capacity_(capacity) {}
  static void release(Block* block) noexcept;

  std::atomic<uint32_t> refs_{1};
  uint32_t capacity_;
};

class BlockRef {
 public:
  BlockRef() noexcept = default;
  BlockRef(const BlockRef& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  BlockRef& operator=(BlockRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlockRef() {
    if (block_ != nullptr && block_->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      Block::release(block_);
    }
  }

  Block* operator->() const noexcept { return block_; }
  Block* get() const noexcept { return block_; }
  explicit operator bool() const noexcept { return block_ != nullptr; }

 private:
  friend class Block;
  explicit BlockRef(Block* adopted) noexcept : block_(adopted) {}
  Block* block_ = nullptr;
};

// Whether a slice of that many bytes may pin the block for long: it holds hardly less than a copy
// of the slice would. Without a block there is nothing to pin.
inline bool fills(const BlockRef& block, size_t bytes) noexcept {
  return !block || bytes * 8 >= size_t{block->capacity()} * 7;
}

// A slice of a block. Without a block it views static storage.
class Chunk {
 public:
  Chunk() noexcept = default;
  Chunk(BlockRef block, const char* data, size_t size) noexcept
      : block_(std::move(block)), data_(data), size_(size) {}
  static Chunk copy_of(std::string_view bytes);
  static Chunk of_static(std::string_view bytes) noexcept {
    return {BlockRef(), bytes.data(), bytes.size()};
  }

  const char* data() const noexcept { return data_; }
  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::string_view view() const noexcept { return {data_, size_}; }
  const BlockRef& block() const noexcept { return block_; }

  void remove_prefix(size_t n) noexcept {
    data_ += n;
    size_ -= n;
  }
  // The first n bytes as a chunk of their own; they leave this one.
  Chunk split_front(size_t n) noexcept {
    Chunk front(block_, data_, n);
    remove_prefix(n);
    return front;
  }
  void extend(size_t n) noexcept { size_ += n; }

 private:
  BlockRef block_;
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// A first-in first-out sequence of bytes, some by reference and some copied in.
class ByteQueue {
 public:
  void append(Chunk chunk);
  // Small pieces are copied behind each other into blocks of the queue's own.
  void append_copy(std::string_view bytes);

  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  // Fills up to `max` entries from the front; returns how many.
  int fill_iovec(struct iovec* out, int max) const noexcept;
  void consume(size_t n) noexcept;
  // Takes the first slice off, or its first `max` bytes. Not to be called when empty.
  Chunk take_front(size_t max) noexcept;
  void clear() noexcept;

  // Memory that the queue keeps alive, counting whole blocks where a slice pins one.
  size_t pinned_bytes() const noexcept;
  // Copies slices that pin noticeably more than they hold, so that keeping the queue for long costs
  // about size() and not one block per slice. Looks at each slice once, however often it is called.
  void compact();

  std::string to_string() const;

 private:
  void make_room();

  std::vector<Chunk, PoolAllocator<Chunk>> chunks_;
  size_t head_ = 0;     // index of the first chunk in use
  size_t compact_ = 0;  // index of the first chunk that compact() has not looked at
  size_t size_ = 0;
  BlockRef tail_;  // block of our own that append_copy writes to
  uint32_t tail_used_ = 0;
};

}  // namespace gnomon
