#include "compare/alignment.h"

#include <algorithm>
#include <bit>

namespace gnomon::compare {
namespace {

class Mirrored final : public Likeness {
 public:
  explicit Mirrored(const Likeness& likeness) : likeness_(likeness) {}
  uint32_t between(uint32_t left, uint32_t right) const override {
    return likeness_.between(right, left);
  }

 private:
  const Likeness& likeness_;
};

}  // namespace

// Of several equally good ways one is found that depends on which side is which: so the sides are
// put in an order of their own first.
template <typename Align>
void Aligner::in_one_direction(std::span<const uint64_t> left, std::span<const uint64_t> right,
                               const Likeness* likeness, Alignment& out, const Align& align) {
  out.clear();
  if (!std::ranges::lexicographical_compare(right, left)) {
    align(left, right, likeness);
    return;
  }
  if (likeness != nullptr) {
    const Mirrored mirrored(*likeness);
    align(right, left, &mirrored);
  } else {
    align(right, left, nullptr);
  }
  for (Counterparts& pair : out.equal) std::swap(pair.left, pair.right);
  for (Counterparts& pair : out.unequal) std::swap(pair.left, pair.right);
  std::swap(out.left_moved, out.right_moved);
}

void Aligner::as_list(std::span<const uint64_t> left, std::span<const uint64_t> right,
                      const Likeness* likeness, Alignment& out) {
  in_one_direction(
      left, right, likeness, out,
      [&](const auto& a, const auto& b, const Likeness* like) { align_list(a, b, like, out); });
}

void Aligner::as_set(std::span<const uint64_t> left, std::span<const uint64_t> right,
                     const Likeness* likeness, Alignment& out) {
  in_one_direction(
      left, right, likeness, out,
      [&](const auto& a, const auto& b, const Likeness* like) { align_set(a, b, like, out); });
  std::ranges::sort(out.unequal, {},
                    [](const Counterparts& pair) { return std::pair(pair.left, pair.right); });
}

void Aligner::give_back() noexcept {
  compare::give_back(table_, a_, b_, furthest_, trace_, anchors_, rest_left_, rest_right_, same_,
                     done_left_, done_right_, gap_left_, gap_right_, gains_, scores_);
}

// A table of the hashes on both sides with how often each side has them.
void Aligner::count(std::span<const uint64_t> left, std::span<const uint64_t> right) {
  const size_t most = left.size() + right.size();
  table_.assign(std::bit_ceil(most + most / 2 + 2), {});
  for (const uint64_t hash : left) ++occurrences(hash).left;
  for (const uint64_t hash : right) ++occurrences(hash).right;
}

Aligner::Occurrences& Aligner::occurrences(uint64_t hash) noexcept {
  const size_t mask = table_.size() - 1;
  size_t at = hash & mask;
  while (table_[at].used() && table_[at].hash != hash) at = (at + 1) & mask;
  table_[at].hash = hash;
  return table_[at];
}

bool Aligner::same_multiset(size_t left, size_t right) const noexcept {
  return left == right &&
         std::ranges::all_of(table_, [](const Occurrences& o) { return o.left == o.right; });
}

void Aligner::align_list(std::span<const uint64_t> left, std::span<const uint64_t> right,
                         const Likeness* likeness, Alignment& out) {
  const auto equal = [&](uint32_t l, uint32_t r) {
    if (list_equal_) out.equal.push_back({l, r});
  };
  uint32_t offset = 0;
  while (!left.empty() && !right.empty() && left.front() == right.front()) {
    equal(offset, offset);
    left = left.subspan(1), right = right.subspan(1), ++offset;
  }
  while (!left.empty() && !right.empty() && left.back() == right.back()) {
    left = left.first(left.size() - 1), right = right.first(right.size() - 1);
    equal(offset + static_cast<uint32_t>(left.size()),
          offset + static_cast<uint32_t>(right.size()));
  }
  const auto left_size = static_cast<uint32_t>(left.size());
  const auto right_size = static_cast<uint32_t>(right.size());
  done_left_.assign(left_size, 0);
  done_right_.assign(right_size, 0);
  anchors_.clear();
  if (left_size > 1 || right_size > 1) {
    count(left, right);
    keep_common(left, right);
    const bool reordered = same_multiset(left_size, right_size);
    out.gave_up = !reordered && !find_anchors();
    if (out.gave_up) anchors_.clear();
    settle_anchors(offset, out);
    if (!out.gave_up) pair_moved(offset, out);
  }
  pair_gaps(offset, left_size, right_size, likeness, out);
}

// Elements that only one side has cannot be anchors.
void Aligner::keep_common(std::span<const uint64_t> left, std::span<const uint64_t> right) {
  a_.clear();
  b_.clear();
  for (uint32_t i = 0; i < left.size(); ++i) {
    if (occurrences(left[i]).right != 0) a_.push_back({left[i], i});
  }
  for (uint32_t i = 0; i < right.size(); ++i) {
    if (occurrences(right[i]).left != 0) b_.push_back({right[i], i});
  }
}

// Myers, "An O(ND) Difference Algorithm", 1986: the furthest points for ever more edits.
bool Aligner::find_anchors() {
  const auto n = static_cast<int32_t>(a_.size());
  const auto m = static_cast<int32_t>(b_.size());
  constexpr int32_t kMiddle = kEditsMax + 1;
  furthest_.assign(2 * kMiddle + 1, 0);
  trace_.clear();
  for (int32_t d = 0; d <= static_cast<int32_t>(kEditsMax); ++d) {
    for (int32_t k = -d; k <= d; k += 2) {
      int32_t* const at = furthest_.data() + kMiddle + k;
      const bool down = k == -d || (k != d && at[-1] < at[1]);
      int32_t x = down ? at[1] : at[-1] + 1;
      while (x < n && x - k < m && x - k >= 0 &&
             a_[static_cast<size_t>(x)].hash == b_[static_cast<size_t>(x - k)].hash) {
        ++x;
      }
      *at = x;
      if (x >= n && x - k >= m) return backtrack(static_cast<uint32_t>(d));
    }
    // What the next round starts from: diagonals -d to d.
    trace_.insert(trace_.end(), furthest_.begin() + kMiddle - d,
                  furthest_.begin() + kMiddle + d + 1);
  }
  return false;
}

// Walks back from the end over the furthest points of each round; what was passed diagonally is
// equal.
bool Aligner::backtrack(uint32_t edits) {
  auto x = static_cast<int32_t>(a_.size());
  auto y = static_cast<int32_t>(b_.size());
  const auto equal_back_to = [&](int32_t to_x, int32_t to_y) {
    while (x > to_x && y > to_y) {
      --x, --y;
      anchors_.push_back({static_cast<uint32_t>(x), static_cast<uint32_t>(y)});
    }
  };
  for (auto d = static_cast<int32_t>(edits); d > 0; --d) {
    // Round d - 1 wrote 2 * (d - 1) + 1 points behind (d - 1) squared others.
    const int32_t* const round = trace_.data() + static_cast<ptrdiff_t>(d - 1) * (d - 1) + (d - 1);
    const int32_t k = x - y;
    const auto point = [&](int32_t diagonal) {
      return std::abs(diagonal) <= d - 1 ? round[diagonal] : -1;
    };
    const bool down = k == -d || (k != d && point(k - 1) < point(k + 1));
    const int32_t from = down ? k + 1 : k - 1;
    const int32_t from_x = round[from];
    const int32_t from_y = from_x - from;
    equal_back_to(down ? from_x : from_x + 1, down ? from_y + 1 : from_y);
    x = from_x;
    y = from_y;
  }
  equal_back_to(0, 0);
  std::ranges::reverse(anchors_);
  return true;
}

// From places among the common elements to places in the sequences.
void Aligner::settle_anchors(uint32_t offset, Alignment& out) {
  for (Counterparts& anchor : anchors_) {
    anchor = {a_[anchor.left].index, b_[anchor.right].index};
    done_left_[anchor.left] = done_right_[anchor.right] = 1;
    if (list_equal_) out.equal.push_back({anchor.left + offset, anchor.right + offset});
  }
}

// Elements that both sides have and that are no anchors have changed places.
void Aligner::pair_moved(uint32_t offset, Alignment& out) {
  const auto rest = [](const std::vector<Element>& common, const std::vector<uint8_t>& done,
                       std::vector<Element>& to) {
    to.clear();
    std::ranges::copy_if(common, std::back_inserter(to),
                         [&done](const Element& element) { return done[element.index] == 0; });
  };
  rest(a_, done_left_, rest_left_);
  rest(b_, done_right_, rest_right_);
  pair_equal(rest_left_, rest_right_);
  out.moved = static_cast<uint32_t>(same_.size());
  for (const auto [left, right] : same_) {
    done_left_[left] = done_right_[right] = 1;
    out.left_moved = std::min(out.left_moved, left + offset);
    out.right_moved = std::min(out.right_moved, right + offset);
    if (list_equal_) out.equal.push_back({left + offset, right + offset});
  }
}

// The first of the left with the first of the right that has the same hash, and so on.
void Aligner::pair_equal(std::vector<Element>& left, std::vector<Element>& right) {
  std::ranges::sort(left);
  std::ranges::sort(right);
  same_.clear();
  auto l = left.begin();
  auto r = right.begin();
  while (l != left.end() && r != right.end()) {
    if (l->hash == r->hash) {
      same_.push_back({(l++)->index, (r++)->index});
    } else if (l->hash < r->hash) {
      ++l;
    } else {
      ++r;
    }
  }
}

void Aligner::pair_gaps(uint32_t offset, uint32_t left_end, uint32_t right_end,
                        const Likeness* likeness, Alignment& out) {
  uint32_t left = 0;
  uint32_t right = 0;
  anchors_.push_back({left_end, right_end});
  for (const Counterparts& anchor : anchors_) {
    gap_left_.clear();
    gap_right_.clear();
    for (; left < anchor.left; ++left) {
      if (done_left_[left] == 0) gap_left_.push_back(left);
    }
    for (; right < anchor.right; ++right) {
      if (done_right_[right] == 0) gap_right_.push_back(right);
    }
    pair_gap(offset, likeness, out);
    left = anchor.left + 1;
    right = anchor.right + 1;
  }
}

void Aligner::pair_gap(uint32_t offset, const Likeness* likeness, Alignment& out) {
  const size_t l = gap_left_.size();
  const size_t r = gap_right_.size();
  if (l != r && l != 0 && r != 0 && likeness != nullptr && l * r <= kLikenessPairsMax) {
    pair_by_likeness(offset, *likeness, out);
    return;
  }
  for (size_t i = 0; i < std::max(l, r); ++i) {
    out.unequal.push_back(
        {i < l ? gap_left_[i] + offset : kNobody, i < r ? gap_right_[i] + offset : kNobody});
  }
}

// The best way to pair the two runs without crossing: gains_[i][j] is that of what is behind i and
// j.
void Aligner::pair_by_likeness(uint32_t offset, const Likeness& likeness, Alignment& out) {
  const size_t l = gap_left_.size();
  const size_t r = gap_right_.size();
  const size_t width = r + 1;
  gains_.assign((l + 1) * width, 0);
  scores_.assign(l * r, 0);
  for (size_t i = l; i-- > 0;) {
    for (size_t j = r; j-- > 0;) {
      // To be paired with anybody is better than to be paired with nobody.
      const uint32_t score =
          1 + 2 * likeness.between(gap_left_[i] + offset, gap_right_[j] + offset);
      scores_[i * r + j] = score;
      gains_[i * width + j] = std::max({gains_[(i + 1) * width + j], gains_[i * width + j + 1],
                                        gains_[(i + 1) * width + j + 1] + score});
    }
  }
  size_t i = 0;
  size_t j = 0;
  while (i < l || j < r) {
    const uint32_t best = gains_[i * width + j];
    if (i < l && j < r && best == gains_[(i + 1) * width + j + 1] + scores_[i * r + j]) {
      out.unequal.push_back({gap_left_[i++] + offset, gap_right_[j++] + offset});
    } else if (i < l && best == gains_[(i + 1) * width + j]) {
      out.unequal.push_back({gap_left_[i++] + offset, kNobody});
    } else {
      out.unequal.push_back({kNobody, gap_right_[j++] + offset});
    }
  }
}

void Aligner::align_set(std::span<const uint64_t> left, std::span<const uint64_t> right,
                        const Likeness* likeness, Alignment& out) {
  const auto all = [](std::span<const uint64_t> hashes, std::vector<Element>& to) {
    to.clear();
    for (uint32_t i = 0; i < hashes.size(); ++i) to.push_back({hashes[i], i});
  };
  all(left, rest_left_);
  all(right, rest_right_);
  pair_equal(rest_left_, rest_right_);
  done_left_.assign(left.size(), 0);
  done_right_.assign(right.size(), 0);
  for (const auto [l, r] : same_) done_left_[l] = done_right_[r] = 1;
  if (list_equal_) out.equal = same_;
  const auto others = [](const std::vector<uint8_t>& done, std::vector<uint32_t>& to) {
    to.clear();
    for (uint32_t i = 0; i < done.size(); ++i) {
      if (done[i] == 0) to.push_back(i);
    }
  };
  others(done_left_, gap_left_);
  others(done_right_, gap_right_);
  pair_loosely(likeness, out);
}

// Each of the left with the one of the right that is most like it, in any order.
void Aligner::pair_loosely(const Likeness* likeness, Alignment& out) {
  const bool few = gap_left_.size() * gap_right_.size() <= kLikenessPairsMax;
  done_right_.assign(gap_right_.size(), 0);
  size_t next = 0;
  for (const uint32_t l : gap_left_) {
    uint32_t best = 0;
    size_t with = gap_right_.size();
    if (likeness != nullptr && few) {
      for (size_t j = 0; j < gap_right_.size(); ++j) {
        const uint32_t score = done_right_[j] != 0 ? 0 : likeness->between(l, gap_right_[j]);
        if (score > best) best = score, with = j;
      }
    } else if (likeness != nullptr && next < gap_right_.size() &&
               likeness->between(l, gap_right_[next]) != 0) {
      with = next++;
    }
    if (with < gap_right_.size()) done_right_[with] = 1;
    out.unequal.push_back({l, with < gap_right_.size() ? gap_right_[with] : kNobody});
  }
  for (size_t j = 0; j < gap_right_.size(); ++j) {
    if (done_right_[j] == 0) out.unequal.push_back({kNobody, gap_right_[j]});
  }
}

}  // namespace gnomon::compare
