// Which elements of one sequence belong to which of another, by the hashes of the elements: arrays
// of documents and lines of texts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compare/kept_memory.h"

namespace gnomon::compare {

inline constexpr uint32_t kNobody = UINT32_MAX;

// Two elements that are not equal and stand for each other, or one that nobody stands for.
struct Counterparts {
  uint32_t left = kNobody;
  uint32_t right = kNobody;
};

struct Alignment {
  std::vector<Counterparts> unequal;  // in order
  std::vector<Counterparts> equal;    // where asked for
  uint32_t moved = 0;                 // equal elements that stand in another order
  uint32_t left_moved = kNobody;      // the first of them on the left
  uint32_t right_moved = kNobody;     // and on the right
  bool gave_up = false;               // too far apart: by position only

  void give_back() noexcept { compare::give_back(unequal, equal); }
  void clear() noexcept {
    unequal.clear();
    equal.clear();
    moved = 0;
    left_moved = right_moved = kNobody;
    gave_up = false;
  }
};

// How alike two unequal elements are, more is more alike.
class Likeness {
 public:
  virtual uint32_t between(uint32_t left, uint32_t right) const = 0;

 protected:
  ~Likeness() = default;
};

// Keeps its memory from one call to the next. Exchanging the two sides exchanges them in what comes
// out, and changes nothing else.
class Aligner {
 public:
  // Elements of a side that may be aligned. They take up to some 110 bytes each.
  static constexpr uint32_t kElementsMax = 1 << 17;
  // Edits after which the search for the shortest script is given up.
  static constexpr uint32_t kEditsMax = 400;
  // Runs of unequal elements up to this many pairs are matched by likeness.
  static constexpr uint64_t kLikenessPairsMax = 256;

  // With `list_equal` the pairs of equal hashes are listed too, for hashes that leave something
  // out.
  explicit Aligner(bool list_equal = false) : list_equal_(list_equal) {}
  // In order, as a list: equal elements are paired by the longest common subsequence, what lies
  // between two of them by likeness or by position.
  void as_list(std::span<const uint64_t> left, std::span<const uint64_t> right,
               const Likeness* likeness, Alignment& out);
  // In any order; equal elements as often as they occur. The others are paired by likeness where it
  // is not zero.
  void as_set(std::span<const uint64_t> left, std::span<const uint64_t> right,
              const Likeness* likeness, Alignment& out);
  // Keeps no more memory than ordinary sequences need.
  void give_back() noexcept;

 private:
  struct Occurrences {
    uint64_t hash = 0;
    uint32_t left = 0;
    uint32_t right = 0;

    bool used() const noexcept { return (left | right) != 0; }
  };
  struct Element {
    uint64_t hash = 0;
    uint32_t index = 0;
    auto operator<=>(const Element&) const = default;
  };

  template <typename Align>
  void in_one_direction(std::span<const uint64_t> left, std::span<const uint64_t> right,
                        const Likeness* likeness, Alignment& out, const Align& align);
  void align_list(std::span<const uint64_t> left, std::span<const uint64_t> right,
                  const Likeness* likeness, Alignment& out);
  void align_set(std::span<const uint64_t> left, std::span<const uint64_t> right,
                 const Likeness* likeness, Alignment& out);
  void count(std::span<const uint64_t> left, std::span<const uint64_t> right);
  Occurrences& occurrences(uint64_t hash) noexcept;
  void keep_common(std::span<const uint64_t> left, std::span<const uint64_t> right);
  bool same_multiset(size_t left, size_t right) const noexcept;
  bool find_anchors();
  bool backtrack(uint32_t edits);
  void settle_anchors(uint32_t offset, Alignment& out);
  void pair_moved(uint32_t offset, Alignment& out);
  void pair_equal(std::vector<Element>& left, std::vector<Element>& right);
  void pair_gaps(uint32_t offset, uint32_t left_end, uint32_t right_end, const Likeness* likeness,
                 Alignment& out);
  void pair_gap(uint32_t offset, const Likeness* likeness, Alignment& out);
  void pair_by_likeness(uint32_t offset, const Likeness& likeness, Alignment& out);
  void pair_loosely(const Likeness* likeness, Alignment& out);

  const bool list_equal_;
  std::vector<Occurrences> table_;
  std::vector<Element> a_;  // elements of the left that the right has too
  std::vector<Element> b_;
  std::vector<int32_t> furthest_;  // of each diagonal, by k + kEditsMax + 1
  std::vector<int32_t> trace_;     // furthest points for each number of edits, one after the other
  std::vector<Counterparts> anchors_;
  std::vector<Element> rest_left_;
  std::vector<Element> rest_right_;
  std::vector<Counterparts> same_;  // equal elements of those two
  std::vector<uint8_t> done_left_;  // elements that are accounted for
  std::vector<uint8_t> done_right_;
  std::vector<uint32_t> gap_left_;
  std::vector<uint32_t> gap_right_;
  std::vector<uint32_t> gains_;
  std::vector<uint32_t> scores_;
};

}  // namespace gnomon::compare
