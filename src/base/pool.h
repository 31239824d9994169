// Memory for objects that come and go with every request. malloc's own caches end at a kilobyte;
// these keep a bounded number of pieces per thread and size for the next request.
#pragma once

#include <cstddef>
#include <new>

namespace gnomon {

// Any thread may free what another has allocated. `bytes` must be the same in both calls.
void* pool_allocate(size_t bytes);
void pool_free(void* memory, size_t bytes) noexcept;

// Base of a class whose objects come from the pool.
template <typename T>
class Pooled {
  Pooled() = default;
  friend T;

 public:
  static void* operator new(size_t bytes) { return pool_allocate(bytes); }
  static void operator delete(void* memory, size_t bytes) noexcept { pool_free(memory, bytes); }
};

// For std::allocate_shared.
template <typename T>
class PoolAllocator {
 public:
  using value_type = T;
  PoolAllocator() = default;
  template <typename U>
  explicit PoolAllocator(const PoolAllocator<U>& /*other*/) noexcept {}
  T* allocate(size_t n) { return static_cast<T*>(pool_allocate(n * sizeof(T))); }
  void deallocate(T* memory, size_t n) noexcept { pool_free(memory, n * sizeof(T)); }
  template <typename U>
  bool operator==(const PoolAllocator<U>& /*other*/) const noexcept {
    return true;
  }
};

}  // namespace gnomon
