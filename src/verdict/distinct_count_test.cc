#include "verdict/distinct_count.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

// Five deviations of an estimate.
constexpr double kWithin = 5 * 0.0325;

TEST(DistinctCount, is_near_the_number_of_different_ones) {
  Rng rng(3);
  EXPECT_EQ(DistinctCount().estimate(), 0u);
  for (const uint64_t n : {1u, 2u, 10u, 100u, 1'000u, 2'500u, 4'000u, 30'000u, 1'000'000u}) {
    DistinctCount count;
    for (uint64_t i = 0; i < n; ++i) count.add(rng.next());
    const auto exact = static_cast<double>(n);
    EXPECT_NEAR(static_cast<double>(count.estimate()), exact, kWithin * exact + 0.5) << n;
  }
}

TEST(DistinctCount, counts_what_comes_again_once) {
  Rng rng(4);
  DistinctCount count;
  const uint64_t same = rng.next();
  for (int i = 0; i < 10'000; ++i) count.add(same);
  EXPECT_EQ(count.estimate(), 1u);
}

TEST(DistinctCount, of_two_is_that_of_what_either_saw) {
  Rng rng(5);
  DistinctCount one;
  DistinctCount other;
  DistinctCount both;
  for (int i = 0; i < 5'000; ++i) {
    const uint64_t hash = rng.next();
    if (i < 3'000) one.add(hash);
    if (i > 2'000) other.add(hash);
    both.add(hash);
  }
  one += other;
  EXPECT_EQ(one, both);
}

TEST(DistinctCount, is_read_back_from_its_text) {
  Rng rng(6);
  DistinctCount count;
  for (int i = 0; i < 20'000; ++i) count.add(rng.next());
  count.add(uint64_t{7} << 54);  // as rare as a hash can be
  const std::string text = count.text();
  EXPECT_EQ(DistinctCount::from_text(text), count);
  EXPECT_EQ(DistinctCount().text(), "");
  EXPECT_EQ(DistinctCount::from_text(""), DistinctCount());
  EXPECT_FALSE(DistinctCount::from_text(text.substr(1)).has_value());
  for (const char bad : {'/', '\n', 'h', '\xFF'}) {
    EXPECT_FALSE(DistinctCount::from_text(bad + text.substr(1)).has_value()) << bad;
  }
}

}  // namespace
}  // namespace gnomon::verdict
