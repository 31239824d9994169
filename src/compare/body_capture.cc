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
  while (!bytes.empty()) {
    if (!tail_ || tail_used_ == tail_->capacity()) {
      const bool small = bytes.size() <= Block::kSmall / 2 && body_.captured == 0;
      tail_ = Block::allocate((small ? Block::kSmall : Block::kStandard) - sizeof(Block));
      tail_used_ = 0;
      memory_ += tail_->capacity();
    }
    const size_t n = std::min<size_t>(bytes.size(), tail_->capacity() - tail_used_);
    char* const to = tail_->data() + tail_used_;
    std::memcpy(to, bytes.data(), n);
    tail_used_ += n;
    const bool goes_on = !body_.chunks.empty() && body_.chunks.back().block().get() == tail_.get();
    if (goes_on) {
      body_.chunks.back().extend(n);
      body_.captured += n;
    } else {
      body_.append(Chunk(tail_, to, n));
    }
    bytes.remove_prefix(n);
  }
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

CapturedBody BodyCapture::take() {
  if (state_) body_.digest = digest_in(*state_);
  state_.reset();
  tail_ = BlockRef();
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
