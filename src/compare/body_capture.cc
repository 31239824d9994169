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

// A slice that fills most of its block may pin it.
bool fills_its_block(const Chunk& chunk) noexcept {
  return !chunk.block() || chunk.size() * 8 >= size_t{chunk.block()->capacity()} * 7;
}

}  // namespace

BodyCapture::BodyCapture(BodyCapture&& other) noexcept = default;
BodyCapture& BodyCapture::operator=(BodyCapture&& other) noexcept = default;
BodyCapture::~BodyCapture() = default;

void BodyCapture::append(const Chunk& chunk) {
  if (chunk.empty()) return;
  const uint64_t before = body_.length;
  const size_t room = limit_ - body_.captured;
  if (room > 0) {
    const size_t size = std::min(room, chunk.size());
    keep(Chunk(chunk.block(), chunk.data(), size));
  }
  body_.length = before + chunk.size();
  if (body_.length > std::min(kHashFrom, limit_)) hash(chunk.view());
}

void BodyCapture::keep(Chunk chunk) {
  if (!fills_its_block(chunk)) return keep_copy(chunk.view());
  memory_ += chunk.block() ? chunk.block()->capacity() : 0;
  body_.append(std::move(chunk));
}

void BodyCapture::keep_copy(std::string_view bytes) {
  const bool small = body_.chunks.size() < kSharedChunks;
  ByteStash& stash = shared_ != nullptr && small ? *shared_ : own_;
  const size_t before = stash.memory();
  while (!bytes.empty()) {
    const std::string_view kept = stash.keep_some(bytes);
    bytes.remove_prefix(kept.size());
    Chunk* const last = body_.chunks.empty() ? nullptr : &body_.chunks.back();
    // Between two blocks lies at least the head of one of them.
    if (last != nullptr && last->data() + last->size() == kept.data()) {
      last->extend(kept.size());
      body_.captured += kept.size();
    } else {
      const BlockRef holder = &stash == &own_ ? stash.block() : BlockRef();
      body_.append(Chunk(holder, kept.data(), kept.size()));
    }
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
