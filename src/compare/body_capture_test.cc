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

// `length` bytes of which the first that differs from `bytes` is the one at `from`.
std::string differing(std::string_view bytes, size_t from, size_t length) {
  std::string out(bytes.substr(0, std::min(length, bytes.size())));
  out.resize(length, 'x');
  if (from < length) out[from] = static_cast<char>(~out[from]);
  return out;
}

TEST(BodyCapture, that_follows_another_is_the_same_as_one_that_does_not) {
  constexpr size_t kSize = 40'000;
  constexpr size_t kLimit = 30'000;
  const std::string bytes = noise(kSize);
  for (const size_t piece : {997u, 15'000u, 40'000u}) {
    const BodyCapture first = capture_in_pieces(bytes, 1500, kLimit);
    for (const size_t length : {0u, 10u, 29'999u, 30'000u, 35'000u, 40'000u, 45'000u}) {
      for (const size_t from : {0u, 1u, 1500u, 1501u, 20'000u, 29'999u, 30'000u, 50'000u}) {
        const std::string text = differing(bytes, from, length);
        BodyCapture capture(kLimit);
        capture.follow(first);
        for (size_t at = 0; at < length; at += piece) {
          capture.append(Chunk::copy_of(std::string_view(text).substr(at, piece)));
        }
        const CapturedBody body = capture.take();
        EXPECT_EQ(body.length, length);
        EXPECT_EQ(text_of(body), text.substr(0, kLimit)) << piece << " " << from << " " << length;
        EXPECT_EQ(digest_of(body), digest_of(text));
      }
    }
  }
}

TEST(BodyCapture, that_follows_another_takes_memory_where_it_differs_alone) {
  const std::string bytes = noise(20'000);
  const BodyCapture first = capture_in_pieces(bytes, 1500, 1 << 20);
  BodyCapture same(1 << 20);
  same.follow(first);
  for (size_t at = 0; at < bytes.size(); at += 700) same.append(slice(bytes.substr(at, 700)));
  EXPECT_EQ(same.memory(), 0u);
  EXPECT_EQ(same.take().chunks.size(),
            capture_in_pieces(bytes, 1500, 1 << 20).take().chunks.size());
  BodyCapture other(1 << 20);
  other.follow(first);
  for (size_t at = 0; at < 14'000; at += 700) {
    other.append(slice(differing(bytes, 700, bytes.size()).substr(at, 700)));
  }
  EXPECT_GT(other.memory(), 13'000u);
}

// Both grow by turns.
TEST(BodyCapture, may_follow_one_that_has_not_ended) {
  const std::string bytes = noise(10'000);
  for (const size_t ahead : {0u, 1u, 2u}) {
    ByteStash stash;
    BodyCapture first(1 << 20, &stash);
    BodyCapture second(1 << 20, &stash);
    second.follow(first);
    for (size_t at = 0; at < bytes.size() + ahead * 100; at += 100) {
      if (at < bytes.size()) first.append(slice(bytes.substr(at, 100)));
      if (at >= ahead * 100) second.append(slice(bytes.substr(at - ahead * 100, 100)));
    }
    EXPECT_EQ(second.memory(), 0u);
    EXPECT_EQ(text_of(second.take()), bytes);
    EXPECT_EQ(text_of(first.take()), bytes);
  }
}

}  // namespace
}  // namespace gnomon::compare
