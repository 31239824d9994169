#include "base/pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace gnomon {
namespace {

TEST(Pool, pieces_in_use_do_not_overlap) {
  std::vector<std::pair<char*, size_t>> pieces;
  for (size_t bytes = 1; bytes < 6'000; bytes += 37) {
    auto* memory = static_cast<char*>(pool_allocate(bytes));
    std::memset(memory, static_cast<int>(pieces.size() % 251), bytes);
    pieces.emplace_back(memory, bytes);
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto [memory, bytes] = pieces[i];
    for (size_t at = 0; at < bytes; ++at) {
      ASSERT_EQ(static_cast<unsigned char>(memory[at]), i % 251) << bytes;
    }
    pool_free(memory, bytes);
  }
}

TEST(Pool, a_piece_may_be_freed_by_another_thread) {
  std::vector<void*> pieces;
  pieces.reserve(1'000);
  for (int i = 0; i < 1'000; ++i) pieces.push_back(pool_allocate(1'500));
  EXPECT_EQ(std::set<void*>(pieces.begin(), pieces.end()).size(), pieces.size());
  std::thread other([&] {
    for (void* piece : pieces) pool_free(piece, 1'500);
  });
  other.join();
}

struct Object : Pooled<Object> {
  explicit Object(int& alive_in) : alive(alive_in) { ++alive; }
  virtual ~Object() { --alive; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  int& alive;
  char padding[2'000] = {};
};

TEST(Pool, objects_and_shared_objects_live_and_die) {
  int alive = 0;
  {
    const auto unique = std::make_unique<Object>(alive);
    const auto shared = std::allocate_shared<Object>(PoolAllocator<Object>(), alive);
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace gnomon
