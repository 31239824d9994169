#include "compare/body_capture.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"

namespace gnomon::compare {
namespace {

std::string noise(size_t size) {
  Rng rng(size);
  std::string out;
  while (out.size() < size) out.push_back(static_cast<char>(rng.next()));
  return out;
}

std::string text_of(const CapturedBody& body) {
  std::string out;
  for (const Chunk& chunk : body.chunks) out.append(chunk.view());
  return out;
}

// A slice of `size` bytes of a block that holds much else.
Chunk slice(std::string_view bytes) {
  BlockRef block = Block::allocate(Block::kStandard - sizeof(Block));
  std::memcpy(block->data() + 100, bytes.data(), bytes.size());
  return {block, block->data() + 100, bytes.size()};
}

BodyCapture capture_in_pieces(std::string_view bytes, size_t piece, size_t limit) {
  BodyCapture capture(limit);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    capture.append(slice(bytes.substr(at, piece)));
  }
  return capture;
}

TEST(BodyCapture, of_nothing_is_empty) {
  BodyCapture capture;
  capture.append(Chunk());
  const CapturedBody body = capture.take();
  EXPECT_TRUE(body.is_whole());
  EXPECT_EQ(body.length, 0u);
  EXPECT_EQ(digest_of(body), digest_of(""));
}

TEST(BodyCapture, keeps_up_to_the_limit_and_the_digest_of_all) {
  for (const size_t size : {1u, 100u, 65536u, 65537u, 100'000u, 300'000u}) {
    for (const size_t limit :
         {size_t{0}, size_t{10}, size_t{65536}, size_t{99'999}, size_t{1} << 20}) {
      const std::string bytes = noise(size);
      const CapturedBody body = capture_in_pieces(bytes, 7001, limit).take();
      EXPECT_EQ(body.length, size);
      EXPECT_EQ(body.captured, std::min(size, limit));
      EXPECT_EQ(text_of(body), bytes.substr(0, limit)) << size << " " << limit;
      EXPECT_EQ(body.is_whole(), size <= limit);
      EXPECT_EQ(digest_of(body), digest_of(bytes)) << size << " " << limit;
      EXPECT_EQ(body.digest.has_value(), size > std::min(limit, BodyCapture::kHashFrom));
    }
  }
}

TEST(BodyCapture, holds_a_block_by_reference_only_where_the_slice_fills_it) {
  BodyCapture capture;
  const Chunk full = slice(noise(15'000));
  capture.append(full);
  EXPECT_FALSE(full.block()->unique());
  const Chunk small = slice(noise(1000));
  capture.append(small);
  EXPECT_TRUE(small.block()->unique());
  EXPECT_EQ(capture.take().chunks.front().data(), full.data());
}

TEST(BodyCapture, lets_go_of_everything_but_length_and_digest) {
  for (const size_t size : {1u, 100u, 65'536u, 65'537u, 300'000u}) {
    for (const size_t limit : {size_t{0}, size_t{10}, size_t{99'999}, size_t{1} << 20}) {
      for (const size_t at : {size_t{0}, size_t{1}, size / 2, size}) {
        const std::string bytes = noise(size);
        ByteStash stash;
        BodyCapture capture(limit, &stash);
        if (at > 0)
          capture.append(slice(std::string_view(bytes).substr(0, std::min(at, size_t{9000}))));
        const size_t seen = capture.length();
        capture.shed();
        EXPECT_EQ(capture.memory(), 0u);
        const Chunk rest = Chunk::copy_of(std::string_view(bytes).substr(seen));
        capture.append(rest);
        EXPECT_EQ(capture.memory(), 0u);
        EXPECT_TRUE(rest.empty() || rest.block()->unique());
        const CapturedBody body = capture.take();
        EXPECT_TRUE(body.shed && body.chunks.empty() && body.captured == 0);
        EXPECT_EQ(body.length, size);
        EXPECT_EQ(body.digest, digest_of(bytes)) << size << " " << limit << " " << at;
      }
    }
  }
}

TEST(BodyCapture, has_nothing_to_let_go_of_where_there_is_no_body) {
  BodyCapture capture;
  capture.shed();
  const CapturedBody body = capture.take();
  EXPECT_TRUE(body.is_whole());
  EXPECT_FALSE(body.shed);
  EXPECT_EQ(digest_of(body), digest_of(""));
}

TEST(BodyCapture, counts_the_memory_that_it_holds) {
  const std::string bytes = noise(500'000);
  for (const size_t piece : {1u, 100u, 1000u, 15'000u}) {
    BodyCapture capture = capture_in_pieces(bytes, piece, 100'000);
    EXPECT_GE(capture.memory(), 100'000u) << piece;
    EXPECT_LE(capture.memory(), 100'000u + 2 * Block::kStandard) << piece;
  }
  EXPECT_LE(capture_in_pieces(noise(800), 800, 1 << 20).memory(), Block::kSmall);
}

TEST(BodyCapture, has_few_chunks_however_small_the_pieces_were) {
  const CapturedBody body = capture_in_pieces(noise(3000), 1, 1 << 20).take();
  EXPECT_LE(body.chunks.size(), 3u);
}

}  // namespace
}  // namespace gnomon::compare
