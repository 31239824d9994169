#include "base/byte_stash.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace gnomon {
namespace {

std::string kept(ByteStash& stash, std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::string_view some = stash.keep_some(bytes);
    out += some;
    bytes.remove_prefix(some.size());
  }
  return out;
}

TEST(ByteStash, puts_small_pieces_into_one_block) {
  ByteStash stash;
  std::memcpy(stash.claim(5), "first", 5);
  const BlockRef block = stash.block();
  EXPECT_EQ(stash.keep_some("second"), "second");
  EXPECT_EQ(stash.block().get(), block.get());
  EXPECT_EQ(std::string(block->data(), 11), "firstsecond");
  EXPECT_LT(stash.memory(), Block::kSmall);
}

TEST(ByteStash, keeps_every_byte_of_what_is_larger_than_a_block) {
  for (const size_t size : {1u, 2032u, 2033u, 10'000u, 100'000u}) {
    ByteStash stash;
    std::string bytes;
    while (bytes.size() < size) bytes += std::to_string(bytes.size());
    EXPECT_EQ(kept(stash, bytes), bytes);
    EXPECT_LE(stash.memory(), bytes.size() + Block::kStandard);
    std::memset(stash.claim(size), 'x', size);
  }
}

TEST(ByteStash, takes_its_small_blocks_again_and_no_others) {
  ByteStash stash;
  for (int i = 0; i < 3; ++i) kept(stash, std::string(1000, 'a'));
  const size_t used = stash.memory();
  const Block* second = stash.block().get();
  kept(stash, std::string(50'000, 'b'));
  stash.clear();
  EXPECT_EQ(stash.memory(), 0u);
  for (int i = 0; i < 3; ++i) kept(stash, std::string(1000, 'c'));
  EXPECT_EQ(stash.memory(), used);
  EXPECT_EQ(stash.block().get(), second);
}

TEST(ByteStash, never_writes_to_a_block_that_somebody_still_holds) {
  ByteStash stash;
  const std::string_view held = stash.keep_some("held");
  const BlockRef holder = stash.block();
  stash.clear();
  stash.keep_some("other");
  EXPECT_EQ(held, "held");
}

}  // namespace
}  // namespace gnomon
