#include "verdict/histogram.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

TEST(Histogram, has_buckets_without_gaps_that_are_at_most_a_thirty_second_wide) {
  uint64_t next = 0;
  for (size_t bucket = 0; next <= Histogram::kMost; ++bucket) {
    ASSERT_EQ(Histogram::low_of(bucket), next);
    const uint64_t high = Histogram::high_of(bucket);
    ASSERT_EQ(Histogram::bucket_of(next), bucket);
    ASSERT_EQ(Histogram::bucket_of(high), bucket);
    ASSERT_LE((high - next + 1) * 32, std::max<uint64_t>(next, 32));
    next = high + 1;
  }
}

TEST(Histogram, finds_ranks) {
  Histogram times;
  for (uint64_t us = 1; us <= 1000; ++us) times.add(us * 1000);
  EXPECT_EQ(times.count(), 1000u);
  for (const uint64_t rank : {1u, 500u, 990u, 1000u}) {
    EXPECT_LE(times.low_at(rank), rank * 1000) << rank;
    EXPECT_GE(times.high_at(rank), rank * 1000) << rank;
  }
  EXPECT_EQ(Histogram{}.high_at(1), 0u);
}

TEST(Histogram, counts_what_is_too_long_as_the_longest) {
  Histogram times;
  times.add(~uint64_t{0});
  EXPECT_EQ(times.buckets().size(), Histogram::bucket_of(Histogram::kMost) + 1);
}

TEST(Histogram, merges_by_addition) {
  Rng rng(1);
  Histogram all;
  Histogram parts[2];
  for (int i = 0; i < 1000; ++i) {
    const uint64_t us = rng.below(1u << rng.below(30));
    all.add(us);
    parts[i % 2].add(us);
  }
  parts[0] += parts[1];
  EXPECT_EQ(parts[0], all);
}

}  // namespace
}  // namespace gnomon::verdict
