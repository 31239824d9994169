// Copies of bytes behind each other in a few blocks: for what is made of many small pieces and is
// let go as a whole. Used again, it takes the blocks that it had.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/chunk.h"

namespace gnomon {

class ByteStash {
 public:
  // Room for `bytes`, to be written to once; they lie in block().
  char* claim(size_t bytes);
  // A copy of the bytes, or of as many of the first as fit where the last ones were put. Lasts
  // until clear(), or for as long as somebody holds block().
  std::string_view keep_some(std::string_view bytes);
  // That the last claim lies in.
  const BlockRef& block() const noexcept { return blocks_[next_ - 1]; }

  // Of the blocks that are in use.
  size_t memory() const noexcept { return memory_; }
  void clear() noexcept;
  // Before it is used again, for as much as was used of its first block.
  void prefetch() const noexcept;

 private:
  // Small blocks at first, which are those that are kept.
  static constexpr size_t kSmallBlocks = 4;

  size_t left() const noexcept { return next_ == 0 ? 0 : block()->capacity() - used_; }
  void open_block(size_t bytes);

  std::vector<BlockRef> blocks_;
  size_t next_ = 0;  // blocks from here on are empty
  size_t used_ = 0;  // of the one before
  size_t memory_ = 0;
  size_t used_before_ = 0;  // of the first block
};

}  // namespace gnomon
