#include "compare/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gnomon::compare {

uint64_t hash_long_text(std::string_view text, uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

}  // namespace gnomon::compare
