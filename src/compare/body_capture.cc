#include "compare/body_capture.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace gnomon::compare {
namespace {

using State = std::unique_ptr<XXH3_state_t, void (*)(XXH3_state_t*)>;

State new_state() {
  State state(XXH3_createState(), [](XXH3_state_t* dead) { XXH3_freeState(dead); });
  if (!state) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  return state;
}

Digest digest_in(const XXH3_state_t& state) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.low64, hash.high64};
}

// A body that comes in more pieces goes into a stash of its own: beside others each piece is a
// chunk.
constexpr size_t kSharedChunks = 4;

}  // namespace

BodyCapture::BodyCapture(BodyCapture&& other) noexcept = default;
BodyCapture& BodyCapture::operator=(BodyCapture&& other) noexcept = default;
BodyCapture::~BodyCapture() = default;

void BodyCapture::append(const Chunk& chunk) {
  if (chunk.empty()) return;
  const uint64_t before = body_.length;
  const size_t room = limit_ - body_.captured;
  if (room > 0) keep(chunk.block(), chunk.view().substr(0, room));
  body_.length = before + chunk.size();
  if (body_.length > std::min(kHashFrom, limit_)) hash(chunk.view());
}

// How many of the first of these bytes are there, which are kept by that. What is there may still
// grow, in its last chunk or by others.
size_t BodyCapture::find_followed(std::string_view bytes) {
  const std::vector<Chunk>& chunks = followed_->body_.chunks;
  size_t found = 0;
  while (found < bytes.size() && followed_chunk_ < chunks.size()) {
    const Chunk& chunk = chunks[followed_chunk_];
    const char* const at = chunk.data() + followed_at_;
    const size_t size = std::min(bytes.size() - found, chunk.size() - followed_at_);
    if (std::memcmp(at, bytes.data() + found, size) != 0) break;
    if (size > 0) keep_view(chunk.block(), {at, size});
    found += size;
    followed_at_ += size;
    if (found == bytes.size() || followed_chunk_ + 1 == chunks.size()) break;
    ++followed_chunk_;
    followed_at_ = 0;
  }
  if (found < bytes.size()) followed_ = nullptr;
  return found;
}

// Between two blocks lies at least the head of one of them. A chunk is built where it will lie:
// moving it there waits until all that was just copied is in the cache.
void BodyCapture::keep_view(const BlockRef& holder, std::string_view bytes) {
  Chunk* const last = body_.chunks.empty() ? nullptr : &body_.chunks.back();
  if (last != nullptr && last->data() + last->size() == bytes.data()) {
    last->extend(bytes.size());
  } else {
    body_.chunks.emplace_back(holder, bytes.data(), bytes.size());
  }
  body_.captured += bytes.size();
}

void BodyCapture::keep(const BlockRef& block, std::string_view bytes) {
  if (followed_ != nullptr) bytes.remove_prefix(find_followed(bytes));
  if (bytes.empty()) return;
  if (!fills(block, bytes.size())) return keep_copy(bytes);
  memory_ += block ? block->capacity() : 0;
  body_.append(Chunk(block, bytes.data(), bytes.size()));
}

void BodyCapture::keep_copy(std::string_view bytes) {
  const bool small = body_.chunks.size() < kSharedChunks;
  ByteStash& stash = shared_ != nullptr && small ? *shared_ : own_;
  const size_t before = stash.memory();
  while (!bytes.empty()) {
    const std::string_view kept = stash.keep_some(bytes);
    bytes.remove_prefix(kept.size());
    keep_view(&stash == &own_ ? stash.block() : BlockRef(), kept);
  }
  memory_ += stash.memory() - before;
}

// The first call finds all bytes before these among the captured ones.
void BodyCapture::hash(std::string_view bytes) {
  if (!state_) {
    state_ = new_state();
    uint64_t missing = body_.length - bytes.size();
    for (const Chunk& chunk : body_.chunks) {
      const size_t n = std::min<uint64_t>(missing, chunk.size());
      XXH3_128bits_update(state_.get(), chunk.data(), n);
      missing -= n;
    }
  }
  XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
}

// Whatever passed before is either hashed already or was captured whole.
void BodyCapture::shed() {
  if (!state_ && body_.length > 0) hash({});
  body_.chunks.clear();
  body_.captured = 0;
  body_.shed = true;
  own_ = ByteStash();
  followed_ = nullptr;
  limit_ = memory_ = 0;
}

CapturedBody BodyCapture::take() {
  if (state_) body_.digest = digest_in(*state_);
  state_.reset();
  body_.shed = body_.shed && body_.length > 0;
  return std::move(body_);
}

Digest digest_of(std::string_view bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

Digest digest_of(const CapturedBody& body) {
  if (body.digest) return *body.digest;
  if (body.chunks.size() == 1) return digest_of(body.chunks.front().view());
  const State state = new_state();
  for (const Chunk& chunk : body.chunks) {
    XXH3_128bits_update(state.get(), chunk.data(), chunk.size());
  }
  return digest_in(*state);
}

}  // namespace gnomon::compare
