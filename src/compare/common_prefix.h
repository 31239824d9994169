// How far two texts are the same.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "compare/hash.h"

namespace gnomon::compare {

// How many bytes they begin with alike.
inline size_t common_prefix(std::string_view a, std::string_view b) noexcept {
  constexpr size_t kBlock = 64;  // is compared without a call
  const size_t size = std::min(a.size(), b.size());
  size_t i = 0;
  while (i + kBlock <= size && std::memcmp(a.data() + i, b.data() + i, kBlock) == 0) i += kBlock;
  while (i + sizeof(uint64_t) <= size && load64(a.data() + i) == load64(b.data() + i)) {
    i += sizeof(uint64_t);
  }
  while (i < size && a[i] == b[i]) ++i;
  return i;
}

}  // namespace gnomon::compare
