// How much memory is kept from one comparison to the next: as much as ordinary bodies take. What an
// unusually large one took beyond that is given back.
#pragma once

#include <cstddef>
#include <vector>

namespace gnomon::compare {

// Of each list that something is worked out in.
inline constexpr size_t kListKept = 256 << 10;

template <typename... Lists>
void give_back(Lists&... lists) noexcept {
  const auto give = [](auto& list) {
    if (list.capacity() * sizeof(list[0]) > kListKept)
      std::remove_reference_t<decltype(list)>().swap(list);
  };
  (give(lists), ...);
}

}  // namespace gnomon::compare
