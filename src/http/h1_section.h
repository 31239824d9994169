// The bytes of a head or trailer section as one contiguous run.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/chunk.h"
#include "http/h1_common.h"

namespace gnomon::http {

// A section that lies whole in one chunk is looked at in place. One that is cut by the end of a
// chunk is copied, and its scanner goes on where it stopped.
class SectionBuffer {
 public:
  // `scan(base, size)` looks at the first `size` bytes of the section and keeps offsets from `base`
  // only, because the bytes may move between calls. When it says done, `section_bytes()` of the
  // scanner must be where the section ends; the section then leaves `in` and becomes `section`.
  template <typename Scanner>
  Scan feed(Chunk& in, Scanner& scanner, Chunk& section) {
    if (used_ == 0) {
      const Scan result = scanner.scan(in.data(), in.size());
      if (result == Scan::done) section = in.split_front(scanner.section_bytes());
      if (result == Scan::more) append(in, in.size());
      return result;
    }
    while (!in.empty()) {
      // Bytes behind the section's end are copied in vain, so offer no more than a piece at a time.
      const size_t before = used_;
      const size_t piece = append(in, std::min<size_t>(in.size(), kPiece));
      const Scan result = scanner.scan(block_->data(), used_);
      if (result == Scan::more) continue;
      if (result == Scan::done) {
        const size_t end = scanner.section_bytes();
        // Give back what belongs to the next part of the message.
        in = Chunk(in.block(), in.data() - piece, in.size() + piece);
        in.remove_prefix(end - before);
        const char* data = block_->data();
        section = Chunk(std::move(block_), data, end);
        used_ = 0;
      }
      return result;
    }
    return Scan::more;
  }

  bool empty() const noexcept { return used_ == 0; }

 private:
  static constexpr size_t kPiece = 2048;

  size_t append(Chunk& in, size_t n) {
    if (n == 0) return 0;
    if (!block_ || block_->capacity() - used_ < n) {
      BlockRef bigger = Block::allocate(std::max(used_ + n, used_ * 4));
      if (used_ > 0) std::memcpy(bigger->data(), block_->data(), used_);
      block_ = std::move(bigger);
    }
    std::memcpy(block_->data() + used_, in.data(), n);
    used_ += n;
    in.remove_prefix(n);
    return n;
  }

  BlockRef block_;
  size_t used_ = 0;
};

}  // namespace gnomon::http
