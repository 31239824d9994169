#include "base/chunk.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/rng.h"

namespace gnomon {
namespace {

TEST(Block, has_room_for_what_was_asked) {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{2000}, size_t{2048}, size_t{16000},
                             size_t{16384}, size_t{100'000}}) {
    const BlockRef block = Block::allocate(bytes);
    EXPECT_GE(block->capacity(), bytes);
    EXPECT_TRUE(block->unique());
  }
}

TEST(Block, small_ones_are_small_so_that_a_few_bytes_do_not_pin_a_read_buffer) {
  EXPECT_EQ(Block::allocate(1)->capacity() + sizeof(Block), Block::kSmall);
  EXPECT_EQ(Block::allocate(Block::kSmall)->capacity() + sizeof(Block), Block::kStandard);
}

TEST(Block, is_unique_until_it_is_shared_and_again_after) {
  const BlockRef block = Block::allocate(10);
  {
    BlockRef other;
    other = block;
    EXPECT_FALSE(block->unique());
    EXPECT_EQ(other.get(), block.get());
  }
  EXPECT_TRUE(block->unique());
}

TEST(BlockRef, moving_leaves_nothing_behind) {
  BlockRef a = Block::allocate(10);
  const Block* raw = a.get();
  BlockRef b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): what is asked here
  EXPECT_EQ(b.get(), raw);
  BlockRef& same = b;
  b = same;
  EXPECT_EQ(b.get(), raw);
  EXPECT_TRUE(b->unique());
}

TEST(Block, references_may_be_dropped_on_another_thread) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([chunk = Chunk::copy_of("shared")] {
      for (int i = 0; i < 1000; ++i) {
        Chunk copy;
        copy = chunk;
        ASSERT_EQ(copy.view(), "shared");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Chunk, splits_without_copying) {
  Chunk rest = Chunk::copy_of("hello world");
  const char* begin = rest.data();
  const Chunk front = rest.split_front(5);
  EXPECT_EQ(front.view(), "hello");
  EXPECT_EQ(rest.view(), " world");
  EXPECT_EQ(front.data(), begin);
  EXPECT_EQ(rest.data(), begin + 5);
  EXPECT_EQ(front.block().get(), rest.block().get());
}

TEST(Chunk, keeps_its_bytes_when_what_it_was_cut_from_is_gone) {
  Chunk front;
  {
    Chunk whole = Chunk::copy_of(std::string(1000, 'x') + "end");
    front = whole.split_front(1000);
  }
  EXPECT_EQ(front.view(), std::string(1000, 'x'));
}

TEST(Chunk, of_static_bytes_has_no_block) {
  const Chunk chunk = Chunk::of_static("fixed");
  EXPECT_FALSE(chunk.block());
  EXPECT_EQ(chunk.view(), "fixed");
}

TEST(ByteQueue, keeps_copies_and_references_in_order) {
  ByteQueue queue;
  queue.append_copy("a");
  queue.append(Chunk::of_static("b"));
  queue.append_copy("c");
  queue.append_copy("d");
  queue.append(Chunk::copy_of("e"));
  queue.append_copy("f");
  EXPECT_EQ(queue.to_string(), "abcdef");
  EXPECT_EQ(queue.size(), 6u);
}

TEST(ByteQueue, copies_behind_each_other_become_one_slice) {
  ByteQueue queue;
  for (int i = 0; i < 10; ++i) queue.append_copy("x");
  struct iovec parts[16];
  EXPECT_EQ(queue.fill_iovec(parts, 16), 1);
  queue.append(Chunk::of_static("-"));
  queue.append_copy("y");
  EXPECT_EQ(queue.fill_iovec(parts, 16), 3);
}

TEST(ByteQueue, a_copy_goes_on_behind_a_slice_that_was_partly_consumed) {
  ByteQueue queue;
  queue.append_copy("abc");
  queue.consume(2);
  queue.append_copy("def");
  EXPECT_EQ(queue.to_string(), "cdef");
}

TEST(ByteQueue, copies_of_any_size_come_back_whole) {
  ByteQueue queue;
  std::string want;
  for (const size_t size : {size_t{1}, size_t{1023}, size_t{1025}, size_t{2040}, size_t{16000},
                            size_t{50'000}, size_t{3}}) {
    const std::string piece(size, static_cast<char>('a' + want.size() % 26));
    queue.append_copy(piece);
    want += piece;
  }
  EXPECT_EQ(queue.to_string(), want);
  EXPECT_EQ(queue.size(), want.size());
}

TEST(ByteQueue, ignores_empty_pieces) {
  ByteQueue queue;
  queue.append(Chunk());
  queue.append(Chunk::of_static(""));
  queue.append_copy("");
  EXPECT_TRUE(queue.empty());
  struct iovec parts[4];
  EXPECT_EQ(queue.fill_iovec(parts, 4), 0);
}

TEST(ByteQueue, fills_no_more_entries_than_there_is_room_for) {
  ByteQueue queue;
  for (const char* text : {"one", "two", "three"}) queue.append(Chunk::of_static(text));
  struct iovec parts[2];
  ASSERT_EQ(queue.fill_iovec(parts, 2), 2);
  EXPECT_EQ(std::string_view(static_cast<char*>(parts[1].iov_base), parts[1].iov_len), "two");
}

TEST(ByteQueue, consumes_across_slices) {
  ByteQueue queue;
  for (const char* text : {"one", "two", "three"}) queue.append(Chunk::of_static(text));
  queue.consume(4);
  EXPECT_EQ(queue.to_string(), "wothree");
  queue.consume(2);
  EXPECT_EQ(queue.to_string(), "three");
  queue.consume(5);
  EXPECT_TRUE(queue.empty());
  queue.append_copy("again");
  EXPECT_EQ(queue.to_string(), "again");
}

TEST(ByteQueue, lets_blocks_go_as_they_are_consumed) {
  const Chunk held = Chunk::copy_of("held");
  ByteQueue queue;
  queue.append(held);
  queue.append(Chunk::of_static("rest"));
  EXPECT_FALSE(held.block()->unique());
  queue.consume(4);
  EXPECT_TRUE(held.block()->unique());
}

TEST(ByteQueue, clear_lets_everything_go) {
  const Chunk held = Chunk::copy_of("held");
  ByteQueue queue;
  queue.append(held);
  queue.append_copy("copy");
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pinned_bytes(), 0u);
  EXPECT_TRUE(held.block()->unique());
}

TEST(ByteQueue, counts_the_memory_that_slices_pin) {
  ByteQueue queue;
  queue.append(Chunk::of_static("static storage pins nothing"));
  EXPECT_EQ(queue.pinned_bytes(), 0u);
  Chunk whole = Chunk::copy_of(std::string(10'000, 'x'));
  const size_t block_bytes = whole.block()->capacity();
  queue.append(whole.split_front(1));
  EXPECT_EQ(queue.pinned_bytes(), block_bytes);
  queue.append(whole.split_front(1));
  EXPECT_EQ(queue.pinned_bytes(), block_bytes) << "slices of one block, counted once";
}

TEST(ByteQueue, compact_frees_blocks_that_are_mostly_unused) {
  ByteQueue queue;
  std::string want;
  for (int i = 0; i < 100; ++i) {
    Chunk whole = Chunk::copy_of(std::string(16'000, static_cast<char>('a' + i % 26)));
    const Chunk slice = whole.split_front(100);
    want += slice.view();
    queue.append(slice);
  }
  EXPECT_GT(queue.pinned_bytes(), 1'000'000u);
  queue.compact();
  EXPECT_EQ(queue.to_string(), want);
  EXPECT_EQ(queue.size(), want.size());
  EXPECT_LT(queue.pinned_bytes(), 4 * want.size());
}

TEST(ByteQueue, compact_leaves_full_blocks_where_they_are) {
  const Chunk full = Chunk::copy_of(std::string(16'000, 'x'));
  ByteQueue queue;
  queue.append(full);
  queue.compact();
  struct iovec part;
  ASSERT_EQ(queue.fill_iovec(&part, 1), 1);
  EXPECT_EQ(part.iov_base, full.data());
}

TEST(ByteQueue, compact_keeps_the_order_of_small_and_full_slices) {
  ByteQueue queue;
  std::string want;
  for (int i = 0; i < 20; ++i) {
    const std::string text(i % 3 == 0 ? 16'300 : 50, static_cast<char>('a' + i));
    want += text;
    if (i % 3 == 1) {
      queue.append_copy(text);
    } else {
      queue.append(Chunk::copy_of(text));
    }
    if (i % 7 == 6) queue.compact();
  }
  queue.compact();
  EXPECT_EQ(queue.to_string(), want);
}

// A queue beside a plain string: whatever happens to one happens to the other.
TEST(ByteQueue, behaves_like_a_string_under_any_sequence_of_calls) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    ByteQueue queue;
    std::string model;
    for (int step = 0; step < 400; ++step) {
      const std::string piece(rng.below(step % 10 == 0 ? 20'000 : 300),
                              static_cast<char>('a' + rng.below(26)));
      switch (rng.below(6)) {
        case 0:
        case 1:
          queue.append_copy(piece);
          model += piece;
          break;
        case 2: {
          Chunk chunk = Chunk::copy_of(piece);
          chunk.remove_prefix(piece.empty() ? 0 : rng.below(8) % piece.size());
          model += chunk.view();
          queue.append(std::move(chunk));
          break;
        }
        case 3:
        case 4: {
          const size_t n = model.empty() ? 0 : rng.below(static_cast<uint32_t>(model.size()) + 1);
          queue.consume(n);
          model.erase(0, n);
          break;
        }
        default:
          queue.compact();
          break;
      }
      ASSERT_EQ(queue.size(), model.size()) << "seed " << seed << " step " << step;
    }
    ASSERT_EQ(queue.to_string(), model) << "seed " << seed;
  }
}

TEST(ByteQueueDeathTest, an_empty_one_gives_nothing) {
  ByteQueue queue;
  EXPECT_DEATH(queue.take_front(1), "empty");
  queue.append_copy("a");
  queue.take_front(1);
  EXPECT_DEATH(queue.take_front(1), "empty");
}

TEST(ByteQueue, compact_still_sees_what_came_after_much_was_consumed) {
  const auto append_slices = [](ByteQueue& queue, int count) {
    for (int i = 0; i < count; ++i) {
      Chunk whole = Chunk::copy_of(std::string(16'000, 'x'));
      queue.append(whole.split_front(100));
    }
  };
  ByteQueue queue;
  append_slices(queue, 2);
  for (int i = 0; i < 200; ++i) queue.append(Chunk::copy_of(std::string(16'000, 'f')));
  queue.compact();
  queue.consume(size_t{200} + size_t{190} * 16'000);
  append_slices(queue, 20);
  queue.compact();
  EXPECT_EQ(queue.size(), size_t{10} * 16'000 + 2'000);
  EXPECT_LT(queue.pinned_bytes(), queue.size() + size_t{3} * Block::kStandard);
}

}  // namespace
}  // namespace gnomon
