#include "compare/rule_matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"

namespace gnomon::compare {
namespace {

std::vector<ElementLook> looks(const std::vector<double>& values) {
  std::vector<ElementLook> out;
  out.reserve(values.size());
  for (const double value : values) {
    out.push_back({static_cast<uint64_t>(std::lround(value * 1000)) + 1, 0, 0, true});
  }
  return out;
}

// The most pairs that there are, by trying all ways.
int most(const std::vector<double>& left, std::vector<double> right, double near) {
  int best = 0;
  std::ranges::sort(right);
  do {
    int pairs = 0;
    for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
      if (std::abs(left[i] - right[i]) <= near) ++pairs;
    }
    best = std::max(best, pairs);
  } while (std::ranges::next_permutation(right).found);
  return best;
}

// Nothing is known of the elements but whether two of them are equal.
TEST(RuleMatchingTest, FindsAsManyPairsAsThereAre) {
  Rng rng(11);
  for (int round = 0; round < 400; ++round) {
    std::vector<double> left(6);
    std::vector<double> right(6);
    for (double& value : left) value = static_cast<double>(rng.below(100));
    for (double& value : right) value = static_cast<double>(rng.below(100)) + 0.5;
    const std::vector<ElementLook> l = looks(left);
    const std::vector<ElementLook> r = looks(right);
    RuleMatching matching(l, r);
    EXPECT_TRUE(matching.run(round % 2 == 0, [&](uint32_t a, uint32_t b) {
      return std::abs(left[a] - right[b]) <= 12;
    }));
    int pairs = 0;
    for (size_t i = 0; i < left.size(); ++i) {
      const auto found = std::ranges::find(matching.right_labels(), matching.left_labels()[i]);
      if (found == matching.right_labels().end()) continue;
      ++pairs;
      const auto j = static_cast<size_t>(found - matching.right_labels().begin());
      EXPECT_LE(std::abs(left[i] - right[j]), 12);
    }
    EXPECT_EQ(pairs, most(left, right, 12)) << round;
  }
}

TEST(RuleMatchingTest, SaysWhereThereAreTooManyToTryAll) {
  std::vector<double> left;
  std::vector<double> right;
  for (int i = 0; i < 300; ++i) left.push_back(i), right.push_back(1000 + i);
  const std::vector<ElementLook> l = looks(left);
  const std::vector<ElementLook> r = looks(right);
  int tries = 0;
  RuleMatching matching(l, r);
  EXPECT_FALSE(matching.run(false, [&](uint32_t, uint32_t) {
    ++tries;
    return false;
  }));
  EXPECT_LE(tries, 600);
}

TEST(RuleMatchingTest, ChangedElementIsKnownByTheRestIfNoOtherIsLikeIt) {
  const std::vector<ElementLook> left = {{1, 10, 0, true}, {2, 11, 0, true}, {3, 11, 0, true}};
  const std::vector<ElementLook> right = {{4, 11, 0, true}, {5, 11, 0, true}, {6, 10, 0, true}};
  RuleMatching matching(left, right);
  EXPECT_TRUE(matching.run(false, [](uint32_t, uint32_t) { return false; }));
  EXPECT_EQ(matching.left_labels()[0], matching.right_labels()[2]);
  EXPECT_NE(matching.left_labels()[1], matching.right_labels()[0]);
  EXPECT_NE(matching.left_labels()[1], matching.right_labels()[1]);
}

// A rule that names an element by its place looks at the same one elsewhere in another way.
TEST(RuleMatchingTest, LeavesThoseAloneThatAreSurelyEqualToOneThatLooksOtherwise) {
  const std::vector<ElementLook> l = {{1, 10, 0, true}, {2, 20, 0, true}};
  const std::vector<ElementLook> r = {{1, 20, 0, true}, {3, 20, 0, true}};
  for (const bool swapped : {false, true}) {
    RuleMatching matching(swapped ? r : l, swapped ? l : r);
    EXPECT_TRUE(matching.run(false, [](uint32_t, uint32_t) { return false; }));
    const auto left = matching.left_labels();
    const auto right = matching.right_labels();
    EXPECT_EQ(left[0], right[0]);
    EXPECT_NE(left[1], right[1]);
  }
}

}  // namespace
}  // namespace gnomon::compare
