#include "http/h2_memory.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "base/pool.h"

// NOLINTBEGIN(cppcoreguidelines-owning-memory): this file is an allocator; it owns raw memory.
namespace gnomon::http {
namespace {

// Before each piece, as C does not say how large it was when it frees it.
struct alignas(std::max_align_t) Before {
  size_t bytes;  // of the piece alone
};

Before* before(void* memory) noexcept { return static_cast<Before*>(memory) - 1; }

// Null where there is none: no exception may pass through C.
void* take(size_t bytes, void* /*user*/) noexcept {
  if (bytes > SIZE_MAX - sizeof(Before)) return nullptr;
  try {
    return ::new (pool_allocate(sizeof(Before) + bytes)) Before{bytes} + 1;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void give_back(void* memory, void* /*user*/) noexcept {
  if (memory == nullptr) return;
  Before* const piece = before(memory);
  pool_free(piece, sizeof(Before) + piece->bytes);
}

void* take_zeroed(size_t count, size_t bytes, void* user) noexcept {
  if (bytes != 0 && count > SIZE_MAX / bytes) return nullptr;
  void* const memory = take(count * bytes, user);
  if (memory != nullptr) std::memset(memory, 0, count * bytes);
  return memory;
}

void* take_other(void* memory, size_t bytes, void* user) noexcept {
  void* const other = take(bytes, user);
  if (memory == nullptr || other == nullptr) return other;
  std::memcpy(other, memory, std::min(bytes, before(memory)->bytes));
  give_back(memory, user);
  return other;
}

}  // namespace

nghttp2_mem* h2_memory() noexcept {
  static nghttp2_mem memory{nullptr, take, give_back, take_zeroed, take_other};
  return &memory;
}

}  // namespace gnomon::http
// NOLINTEND(cppcoreguidelines-owning-memory)
