// What is kept of a body while it passes: its beginning up to a limit, its length and its digest.
// One for each leg; on the worker's thread until it is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_stash.h"
#include "base/chunk.h"
#include "compare/answer.h"

struct XXH3_state_s;

namespace gnomon::compare {

class BodyCapture {
 public:
  static constexpr size_t kDefaultLimit = size_t{1} << 20;
  // A body up to this size is not hashed while it passes: whoever compares it has all of it. From
  // here on each chunk is, so that passing the limit costs no pause.
  static constexpr size_t kHashFrom = size_t{64} << 10;

  // Copies go into `stash`, where there is one, beside what else is put there, and last as long as
  // that does. `empty` may have memory for the chunks.
  explicit BodyCapture(size_t limit = kDefaultLimit, ByteStash* stash = nullptr,
                       std::vector<Chunk> empty = {}) noexcept
      : limit_(limit), shared_(stash) {
    body_.chunks = std::move(empty);
  }
  BodyCapture(BodyCapture&& other) noexcept;
  BodyCapture& operator=(BodyCapture&& other) noexcept;
  ~BodyCapture();

  // From here on, as long as the body is as `other`, it is kept as references to what that has. The
  // other one stays where it is until this one is taken, and lasts as long as what was taken.
  void follow(const BodyCapture& other) noexcept { followed_ = &other; }

  // Keeps the chunk's bytes, by reference where that holds hardly more memory than a copy would.
  void append(const Chunk& chunk);

  uint64_t length() const noexcept { return body_.length; }
  // Bytes of memory that keeping this costs. Grows to the limit and a block.
  size_t memory() const noexcept { return memory_; }

  // For want of memory: lets go of all that was captured, of which the length and the digest stay,
  // and captures nothing from here on. What lies in a stash that is shared stays there, unused.
  void shed();

  // The body as far as it came. Nothing may be appended afterwards.
  CapturedBody take();

 private:
  size_t find_followed(std::string_view bytes);
  void keep_view(const BlockRef& holder, std::string_view bytes);
  void keep(const BlockRef& block, std::string_view bytes);
  void keep_copy(std::string_view bytes);
  void hash(std::string_view bytes);

  size_t limit_;
  size_t memory_ = 0;
  CapturedBody body_;
  ByteStash own_;
  ByteStash* shared_;
  const BodyCapture* followed_ = nullptr;
  size_t followed_chunk_ = 0;  // where that goes on
  size_t followed_at_ = 0;     // and in that chunk
  std::unique_ptr<XXH3_state_s, void (*)(XXH3_state_s*)> state_{nullptr, nullptr};
};

// XXH3, 128 bits. Anybody can compute it: not to be shown where a body must not be guessed.
Digest digest_of(std::string_view bytes) noexcept;
// Of the captured beginning, which has to be all of the body, or what was computed while it passed.
Digest digest_of(const CapturedBody& body);

}  // namespace gnomon::compare
