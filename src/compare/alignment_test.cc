#include "compare/alignment.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "base/rng.h"

namespace gnomon::compare {
namespace {

std::vector<uint64_t> hashes(std::string_view text) { return {text.begin(), text.end()}; }

std::string text_of(const Alignment& alignment) {
  std::string out;
  for (const auto [left, right] : alignment.unequal) {
    if (!out.empty()) out += ' ';
    out += left == kNobody ? "-" : std::to_string(left);
    out += '/';
    out += right == kNobody ? "-" : std::to_string(right);
  }
  if (alignment.moved != 0) out += fmt::format(" moved {}", alignment.moved);
  if (alignment.gave_up) out += " gave up";
  return out;
}

std::string list(std::string_view left, std::string_view right,
                 const Likeness* likeness = nullptr) {
  Aligner aligner;
  Alignment out;
  aligner.as_list(hashes(left), hashes(right), likeness, out);
  return text_of(out);
}

std::string set(std::string_view left, std::string_view right, const Likeness* likeness = nullptr) {
  Aligner aligner;
  Alignment out;
  aligner.as_set(hashes(left), hashes(right), likeness, out);
  return text_of(out);
}

TEST(AlignmentTest, ListsPairWhatLiesBetweenEqualElements) {
  EXPECT_EQ(list("abc", "abc"), "");
  EXPECT_EQ(list("abc", "abd"), "2/2");
  EXPECT_EQ(list("abc", "bcd"), "0/- -/2");
  EXPECT_EQ(list("abc", "xabc"), "-/0");
  EXPECT_EQ(list("abcde", "aBcDe"), "1/1 3/3");
  EXPECT_EQ(list("", "ab"), "-/0 -/1");
  EXPECT_EQ(list("ab", ""), "0/- 1/-");
  EXPECT_EQ(list("aabb", "abbcc"), "1/- -/3 -/4");
  EXPECT_EQ(list("abcdefgh", "abXcdfYYgh"), "-/2 4/- -/6 -/7");
}

TEST(AlignmentTest, ListsKnowWhatHasMoved) {
  EXPECT_EQ(list("abc", "cba"), " moved 3");
  EXPECT_EQ(list("xabcy", "xcaby"), " moved 3");
  EXPECT_EQ(list("abcde", "eabcX"), "3/4 moved 1");
  EXPECT_EQ(list("aab", "aba"), " moved 2");
}

TEST(AlignmentTest, TooFarApartIsPairedByPosition) {
  std::vector<uint64_t> left;
  std::vector<uint64_t> right;
  for (uint64_t i = 0; i < 1000; ++i) {
    left.push_back(i);
    right.push_back(999 - i);
  }
  left.push_back(5000);
  right.push_back(6000);
  Aligner aligner;
  Alignment out;
  aligner.as_list(left, right, nullptr, out);
  EXPECT_TRUE(out.gave_up);
  EXPECT_EQ(out.unequal.size(), 1001U);
}

TEST(AlignmentTest, ElementsWithoutCounterpartCostNoEdits) {
  std::vector<uint64_t> left;
  std::vector<uint64_t> right;
  for (uint64_t i = 0; i < 5000; ++i) {
    left.push_back(i);
    right.push_back(100000 + i);
  }
  right.insert(right.begin(), 7);
  Aligner aligner;
  Alignment out;
  aligner.as_list(left, right, nullptr, out);
  EXPECT_FALSE(out.gave_up);
}

class SameLetter final : public Likeness {
 public:
  SameLetter(std::string_view left, std::string_view right) : left_(left), right_(right) {}
  uint32_t between(uint32_t left, uint32_t right) const override {
    return (left_[left] | 0x20) == (right_[right] | 0x20) ? 3 : 0;
  }

 private:
  std::string_view left_;
  std::string_view right_;
};

TEST(AlignmentTest, LikenessDecidesWhereCountsDiffer) {
  const SameLetter in_list("abc", "XABC");
  EXPECT_EQ(list("abc", "XABC"), "0/0 1/1 2/2 -/3");
  EXPECT_EQ(list("abc", "XABC", &in_list), "-/0 0/1 1/2 2/3");
  const SameLetter in_set("abc", "CxA");
  EXPECT_EQ(set("abc", "CxA", &in_set), "0/2 1/- 2/0 -/1");
}

TEST(AlignmentTest, SetsCountEqualElements) {
  EXPECT_EQ(set("abc", "cab"), "");
  EXPECT_EQ(set("aabb", "abbcc"), "1/- -/3 -/4");
}

std::vector<std::pair<uint32_t, uint32_t>> in_order(const std::vector<Counterparts>& pairs) {
  std::vector<std::pair<uint32_t, uint32_t>> out;
  out.reserve(pairs.size());
  for (const auto [left, right] : pairs) out.emplace_back(left, right);
  std::ranges::sort(out);
  return out;
}

// Whatever the sequences: each element is equal to one, moved, or listed, and exactly once.
TEST(AlignmentTest, EveryElementIsAccountedFor) {
  Rng rng(7);
  Aligner aligner(true);
  Alignment out;
  Alignment mirrored;
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint64_t> left(rng.below(12));
    std::vector<uint64_t> right(rng.below(12));
    for (uint64_t& hash : left) hash = rng.below(6);
    for (uint64_t& hash : right) hash = rng.below(6);
    const bool as_set = round % 2 != 0;
    if (as_set) {
      aligner.as_set(right, left, nullptr, mirrored);
    } else {
      aligner.as_list(right, left, nullptr, mirrored);
    }
    if (as_set) {
      aligner.as_set(left, right, nullptr, out);
    } else {
      aligner.as_list(left, right, nullptr, out);
    }
    size_t listed = 0;
    std::map<uint64_t, int> balance;
    for (const uint64_t hash : left) ++balance[hash];
    for (const uint64_t hash : right) --balance[hash];
    for (const auto [l, r] : out.unequal) {
      if (l != kNobody) --balance[left.at(l)], ++listed;
      if (r != kNobody) ++balance[right.at(r)], ++listed;
      if (l != kNobody && r != kNobody) EXPECT_NE(left[l], right[r]);
    }
    for (Counterparts& pair : mirrored.unequal) std::swap(pair.left, pair.right);
    EXPECT_EQ(in_order(mirrored.unequal), in_order(out.unequal));
    for (const auto [l, r] : out.equal) EXPECT_EQ(left.at(l), right.at(r));
    EXPECT_EQ(2 * out.equal.size() + listed, left.size() + right.size());
    for (const auto& [hash, count] : balance) EXPECT_EQ(count, 0) << round;
  }
}

}  // namespace
}  // namespace gnomon::compare
