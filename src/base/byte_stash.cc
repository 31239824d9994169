#include "base/byte_stash.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/prefetch.h"

namespace gnomon {

char* ByteStash::claim(size_t bytes) {
  if (left() < bytes || next_ == 0) open_block(bytes);
  char* const at = block()->data() + used_;
  used_ += bytes;
  return at;
}

std::string_view ByteStash::keep_some(std::string_view bytes) {
  const size_t most = Block::kStandard - sizeof(Block);
  if (left() == 0) open_block(std::min(bytes.size(), most));
  const size_t size = std::min(bytes.size(), left());
  char* const at = claim(size);
  if (size > 0) std::memcpy(at, bytes.data(), size);
  return {at, size};
}

void ByteStash::open_block(size_t bytes) {
  constexpr size_t kSmallRoom = Block::kSmall - sizeof(Block);
  if (next_ == blocks_.size() || blocks_[next_]->capacity() < bytes) {
    const bool small = next_ < kSmallBlocks && bytes <= kSmallRoom;
    const size_t size = small ? kSmallRoom : std::max(bytes, Block::kStandard - sizeof(Block));
    blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(next_), Block::allocate(size));
  }
  memory_ += blocks_[next_]->capacity();
  ++next_;
  used_ = 0;
}

void ByteStash::clear() noexcept {
  used_before_ = next_ <= 1 ? std::min<size_t>(used_, Block::kSmall) : Block::kSmall;
  std::erase_if(blocks_, [](const BlockRef& block) {
    return block->capacity() > Block::kSmall || !block.get()->unique();
  });
  if (blocks_.size() > kSmallBlocks) blocks_.resize(kSmallBlocks);
  next_ = used_ = memory_ = 0;
}

// Reads nothing of the block itself, as that would wait for it.
void ByteStash::prefetch() const noexcept {
  if (!blocks_.empty()) prefetch_to_write(blocks_.front().get(), sizeof(Block) + used_before_);
}

}  // namespace gnomon
