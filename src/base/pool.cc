#include "base/pool.h"

#include <array>
#include <cstdlib>

// NOLINTBEGIN(cppcoreguidelines-owning-memory): this file is an allocator; it owns raw memory.
namespace gnomon {
namespace {

#ifdef GNOMON_SANITIZED
constexpr bool kPooled = false;  // let the sanitizer see every free
#else
constexpr bool kPooled = true;
#endif

constexpr size_t kGranule = 128;
constexpr size_t kClasses = 32;  // up to 4 KiB; larger pieces go to malloc
constexpr size_t kKept = 256;    // per class and thread

struct FreePiece {
  FreePiece* next;
};

class FreeLists {
 public:
  ~FreeLists() {
    for (List& list : lists_) {
      while (list.head != nullptr) {
        FreePiece* piece = list.head;
        list.head = piece->next;
        std::free(piece);
      }
      list.count = kKept;  // what is freed later on this thread goes to malloc
    }
  }
  void* take(size_t index) noexcept {
    List& list = lists_[index];
    if (list.head == nullptr) return nullptr;
    FreePiece* piece = list.head;
    list.head = piece->next;
    --list.count;
    return piece;
  }
  bool give(size_t index, void* memory) noexcept {
    List& list = lists_[index];
    if (list.count >= kKept) return false;
    list.head = ::new (memory) FreePiece{list.head};
    ++list.count;
    return true;
  }

 private:
  struct List {
    FreePiece* head = nullptr;
    size_t count = 0;
  };
  std::array<List, kClasses> lists_;
};

thread_local FreeLists free_lists;

constexpr size_t class_of(size_t bytes) noexcept { return (bytes + kGranule - 1) / kGranule; }

}  // namespace

void* pool_allocate(size_t bytes) {
  const size_t granules = class_of(bytes);
  if (kPooled && granules < kClasses) {
    if (void* memory = free_lists.take(granules)) return memory;
  }
  void* memory = std::malloc(granules * kGranule);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void pool_free(void* memory, size_t bytes) noexcept {
  const size_t granules = class_of(bytes);
  if (kPooled && granules < kClasses && free_lists.give(granules, memory)) return;
  std::free(memory);
}

}  // namespace gnomon
// NOLINTEND(cppcoreguidelines-owning-memory)
