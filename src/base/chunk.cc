#include "base/chunk.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>
#include <string>

// NOLINTBEGIN(cppcoreguidelines-owning-memory): this file is an allocator; it owns raw memory.
namespace gnomon {
namespace {

constexpr size_t kChunksUsual = 4;

// Blocks freed on this thread, ready for reuse. At most so many, so that a burst is given back.
template <size_t kMax>
class BlockPool {
 public:
  ~BlockPool() {
    for (size_t i = 0; i < count_; ++i) std::free(blocks_[i]);
    count_ = 0;
    closed_ = true;
  }
  void* take() noexcept { return count_ > 0 ? blocks_[--count_] : nullptr; }
  bool give(void* block) noexcept {
    if (closed_ || count_ == kMax) return false;
    blocks_[count_++] = block;
    return true;
  }

 private:
  void* blocks_[kMax];
  size_t count_ = 0;
  bool closed_ = false;
};

// A few for each of the streams that are served at once, then they come and go without malloc.
thread_local BlockPool<512> small_pool;
thread_local BlockPool<128> standard_pool;

#ifdef GNOMON_SANITIZED
constexpr bool kPooled = false;  // let the sanitizer see every free
#else
constexpr bool kPooled = true;
#endif

}  // namespace

BlockRef Block::allocate(size_t bytes) {
  size_t total = bytes + sizeof(Block);
  void* memory = nullptr;
  if (total <= kSmall) {
    total = kSmall;
    if (kPooled) memory = small_pool.take();
  } else if (total <= kStandard) {
    total = kStandard;
    if (kPooled) memory = standard_pool.take();
  }
  if (memory == nullptr) {
    memory = std::malloc(total);
    if (memory == nullptr) throw std::bad_alloc();
  }
  return BlockRef(::new (memory) Block(static_cast<uint32_t>(total - sizeof(Block))));
}

void Block::release(Block* block) noexcept {
  const size_t total = block->capacity_ + sizeof(Block);
  block->~Block();
  if (kPooled && total == kSmall && small_pool.give(block)) return;
  if (kPooled && total == kStandard && standard_pool.give(block)) return;
  std::free(block);
}

Chunk Chunk::copy_of(std::string_view bytes) {
  BlockRef block = Block::allocate(bytes.size());
  char* data = block->data();
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  return {std::move(block), data, bytes.size()};
}

// At once for a few: most queues never hold more.
void ByteQueue::make_room() {
  if (chunks_.capacity() == 0) chunks_.reserve(kChunksUsual);
}

void ByteQueue::append(Chunk chunk) {
  if (chunk.empty()) return;
  make_room();
  size_ += chunk.size();
  chunks_.push_back(std::move(chunk));
}

void ByteQueue::append_copy(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!tail_ || tail_used_ == tail_->capacity()) {
      tail_ = Block::allocate(bytes.size() > Block::kSmall / 2 ? Block::kStandard - sizeof(Block)
                                                               : Block::kSmall - sizeof(Block));
      tail_used_ = 0;
    }
    const size_t n = std::min<size_t>(bytes.size(), tail_->capacity() - tail_used_);
    char* to = tail_->data() + tail_used_;
    std::memcpy(to, bytes.data(), n);
    tail_used_ += static_cast<uint32_t>(n);
    size_ += n;
    if (head_ < chunks_.size() && chunks_.back().data() + chunks_.back().size() == to &&
        chunks_.back().block().get() == tail_.get()) {
      chunks_.back().extend(n);
    } else {
      make_room();
      chunks_.emplace_back(tail_, to, n);
    }
    bytes.remove_prefix(n);
  }
}

int ByteQueue::fill_iovec(struct iovec* out, int max) const noexcept {
  int n = 0;
  for (size_t i = head_; i < chunks_.size() && n < max; ++i, ++n) {
    out[n].iov_base = const_cast<char*>(chunks_[i].data());
    out[n].iov_len = chunks_[i].size();
  }
  return n;
}

void ByteQueue::consume(size_t n) noexcept {
  size_ -= n;
  while (n > 0) {
    Chunk& front = chunks_[head_];
    if (n < front.size()) {
      front.remove_prefix(n);
      break;
    }
    n -= front.size();
    front = Chunk();
    ++head_;
  }
  if (size_ == 0) {
    clear();
  } else if (head_ >= 64 && head_ * 2 >= chunks_.size()) {
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<ptrdiff_t>(head_));
    compact_ -= std::min(compact_, head_);
    head_ = 0;
  }
}

Chunk ByteQueue::take_front(size_t max) noexcept {
  assert(!empty());
  const Chunk& front = chunks_[head_];
  Chunk taken(front.block(), front.data(), std::min(front.size(), max));
  consume(taken.size());
  return taken;
}

void ByteQueue::clear() noexcept {
  chunks_.clear();
  head_ = compact_ = 0;
  size_ = 0;
  tail_ = BlockRef();
  tail_used_ = 0;
}

size_t ByteQueue::pinned_bytes() const noexcept {
  size_t total = 0;
  const Block* last = nullptr;
  for (size_t i = head_; i < chunks_.size(); ++i) {
    const Block* block = chunks_[i].block().get();
    if (block == nullptr || block == last) continue;
    total += block->capacity();
    last = block;
  }
  return total;
}

void ByteQueue::compact() {
  const size_t first = std::max(head_, compact_);
  if (first >= chunks_.size()) return;
  std::vector<Chunk, PoolAllocator<Chunk>> fresh(
      std::make_move_iterator(chunks_.begin() + static_cast<ptrdiff_t>(first)),
      std::make_move_iterator(chunks_.end()));
  chunks_.resize(first);
  for (Chunk& chunk : fresh) {
    size_ -= chunk.size();
    if (chunk.block().get() == tail_.get() || fills(chunk.block(), chunk.size())) {
      append(std::move(chunk));
    } else {
      append_copy(chunk.view());
    }
  }
  compact_ = chunks_.size();
}

std::string ByteQueue::to_string() const {
  std::string out;
  for (size_t i = head_; i < chunks_.size(); ++i) out.append(chunks_[i].view());
  return out;
}

}  // namespace gnomon
// NOLINTEND(cppcoreguidelines-owning-memory)
