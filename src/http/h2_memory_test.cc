#include "http/h2_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::http {
namespace {

nghttp2_mem& mem() { return *h2_memory(); }

TEST(H2Memory, pieces_of_all_sizes_are_aligned_and_apart) {
  std::vector<std::pair<char*, size_t>> pieces;
  for (size_t bytes = 0; bytes < 9'000; bytes += 61) {
    auto* const memory = static_cast<char*>(mem().malloc(bytes, nullptr));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % alignof(std::max_align_t), 0u);
    std::memset(memory, static_cast<int>(pieces.size()), bytes);
    pieces.emplace_back(memory, bytes);
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto [memory, bytes] = pieces[i];
    EXPECT_EQ(std::string(memory, bytes), std::string(bytes, static_cast<char>(i)));
    mem().free(memory, nullptr);
  }
  mem().free(nullptr, nullptr);
}

TEST(H2Memory, grows_and_shrinks_with_what_was_in_it) {
  auto* memory = static_cast<char*>(mem().realloc(nullptr, 3, nullptr));
  std::string_view("abc").copy(memory, 3);
  memory = static_cast<char*>(mem().realloc(memory, 8'000, nullptr));
  EXPECT_EQ(std::string(memory, 3), "abc");
  memory = static_cast<char*>(mem().realloc(memory, 2, nullptr));
  EXPECT_EQ(std::string(memory, 2), "ab");
  mem().free(memory, nullptr);
}

TEST(H2Memory, used_again_it_is_zeroed_where_that_was_asked_for) {
  void* const used = mem().malloc(400, nullptr);
  std::memset(used, 'x', 400);
  mem().free(used, nullptr);
  auto* const memory = static_cast<char*>(mem().calloc(20, 20, nullptr));
  EXPECT_EQ(std::string(memory, 400), std::string(400, '\0'));
  mem().free(memory, nullptr);
}

TEST(H2Memory, says_no_to_what_cannot_be) {
  EXPECT_EQ(mem().malloc(SIZE_MAX - 4, nullptr), nullptr);
  EXPECT_EQ(mem().calloc(SIZE_MAX / 2, 3, nullptr), nullptr);
}

}  // namespace
}  // namespace gnomon::http
