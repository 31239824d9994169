#include "proxy/byte_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace gnomon::proxy {
namespace {

std::string take(ByteRing& ring, size_t max = SIZE_MAX) {
  struct iovec parts[2];
  const int count = ring.peek(parts);
  std::string out;
  for (int i = 0; i < count; ++i)
    out.append(static_cast<char*>(parts[i].iov_base), parts[i].iov_len);
  out.resize(std::min(max, out.size()));
  ring.consume(out.size());
  return out;
}

TEST(ByteRing, rounds_its_capacity_up) { EXPECT_EQ(ByteRing(100).capacity(), 128u); }

TEST(ByteRing, gives_back_what_was_pushed_in_order) {
  ByteRing ring(16);
  EXPECT_TRUE(ring.push("abc"));
  EXPECT_TRUE(ring.push("def"));
  EXPECT_EQ(ring.size(), 6u);
  EXPECT_EQ(take(ring, 4), "abcd");
  EXPECT_EQ(take(ring), "ef");
  EXPECT_EQ(ring.size(), 0u);
}

TEST(ByteRing, refuses_what_does_not_fit_whole) {
  ByteRing ring(16);
  EXPECT_TRUE(ring.push("0123456789"));
  EXPECT_FALSE(ring.push("abcdefg"));
  EXPECT_TRUE(ring.push("abcdef"));
  EXPECT_FALSE(ring.push("x"));
  EXPECT_EQ(take(ring), "0123456789abcdef");
}

TEST(ByteRing, wraps_round_its_end) {
  ByteRing ring(16);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(ring.push("0123456789"));
    ASSERT_EQ(take(ring), "0123456789") << i;
  }
}

TEST(ByteRing, an_empty_ring_has_no_parts) {
  ByteRing ring(16);
  struct iovec parts[2];
  EXPECT_EQ(ring.peek(parts), 0);
  EXPECT_TRUE(ring.push(""));
  EXPECT_EQ(ring.peek(parts), 0);
}

TEST(ByteRing, carries_bytes_between_two_threads_unchanged) {
  ByteRing ring(64);
  constexpr uint32_t kCount = 100'000;
  std::thread producer([&ring] {
    for (uint32_t i = 0; i < kCount;) {
      const std::string line = std::to_string(i) + "\n";
      if (ring.push(line)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::string got;
  std::string want;
  for (uint32_t i = 0; i < kCount; ++i) want += std::to_string(i) + "\n";
  while (got.size() < want.size()) {
    const std::string some = take(ring);
    if (some.empty()) std::this_thread::yield();
    got += some;
  }
  producer.join();
  EXPECT_TRUE(got == want);
}

}  // namespace
}  // namespace gnomon::proxy
