#include "base/prefetch.h"

namespace gnomon {
namespace {

constexpr size_t kLine = 64;

}  // namespace

// Where a processor does not know the instruction, it does nothing.
#ifdef __x86_64__
__attribute__((target("prfchw")))
#endif
void prefetch_to_write(const void* at, size_t bytes) noexcept {
  const char* const first = static_cast<const char*>(at);
  for (size_t i = 0; i < bytes; i += kLine) __builtin_prefetch(first + i, 1);
}

}  // namespace gnomon
