#include "compare/rule_matching.h"

#include <algorithm>

#include "compare/alignment.h"
#include "compare/hash.h"

namespace gnomon::compare {
namespace {

std::vector<uint32_t> in_order_of(std::span<const ElementLook> looks, auto key) {
  std::vector<uint32_t> ids(looks.size());
  for (uint32_t i = 0; i < ids.size(); ++i) ids[i] = i;
  std::ranges::sort(ids, {}, [&](uint32_t i) { return std::pair(key(looks[i]), i); });
  return ids;
}

// Looks for a chain of pairs that ends at somebody who is free, so that one pair more is found.
class Chains {
 public:
  Chains(std::span<uint32_t> left, std::span<uint32_t> right, const RuleMatching::Equal& equal)
      : left_(left),
        right_(right),
        equal_(equal),
        known_(left.size() * right.size()),
        partner_(right.size(), kNobody) {}

  void begin_with(uint32_t left, uint32_t right) { partner_[right] = left; }
  bool add(uint32_t left) {
    seen_.assign(right_.size(), 0);
    return reach(left);
  }
  uint32_t partner_of(uint32_t right) const noexcept { return partner_[right]; }

 private:
  enum Answer : uint8_t { unasked, yes, no };

  bool equal(uint32_t left, uint32_t right) {
    uint8_t& answer = known_[left * right_.size() + right];
    if (answer == unasked) answer = equal_(left_[left], right_[right]) ? yes : no;
    return answer == yes;
  }

  // Recursion goes from pair to pair: no deeper than the shorter side is long.
  bool reach(uint32_t left) {
    for (uint32_t r = 0; r < right_.size(); ++r) {
      if (partner_[r] == kNobody && seen_[r] == 0 && equal(left, r)) {
        partner_[r] = left;
        return true;
      }
    }
    for (uint32_t r = 0; r < right_.size(); ++r) {
      if (seen_[r] != 0 || partner_[r] == kNobody || !equal(left, r)) continue;
      seen_[r] = 1;
      if (!reach(partner_[r])) continue;
      partner_[r] = left;
      return true;
    }
    return false;
  }

  std::span<uint32_t> left_;
  std::span<uint32_t> right_;
  const RuleMatching::Equal& equal_;
  std::vector<uint8_t> known_;
  std::vector<uint32_t> partner_;  // of each of the right
  std::vector<uint8_t> seen_;
};

}  // namespace

RuleMatching::RuleMatching(std::span<const ElementLook> left, std::span<const ElementLook> right)
    : left_{left, {}, {}, {}, {}}, right_{right, {}, {}, {}, {}} {
  for (Side* const side : {&left_, &right_}) {
    side->partners.assign(side->looks.size(), kNobody);
    for (const ElementLook& look : side->looks) side->labels.push_back(look.sure);
  }
}

// Which side is which must not matter for what is found: so the sides are put in an order of their
// own.
bool RuleMatching::run(bool in_order, const Equal& equal) {
  constexpr auto kSure = &ElementLook::sure;
  if (!std::ranges::lexicographical_compare(right_.looks, left_.looks, {}, kSure, kSure)) {
    return match_all(in_order, equal);
  }
  std::swap(left_, right_);
  const bool all = match_all(in_order, [&](uint32_t l, uint32_t r) { return equal(r, l); });
  std::swap(left_, right_);
  return all;
}

bool RuleMatching::match_all(bool in_order, const Equal& equal) {
  leave_out_sure_ones();
  bool all = true;
  auto l = left_.open.begin();
  auto r = right_.open.begin();
  const auto alike = [](Side& side, std::vector<uint32_t>::iterator from) {
    const uint64_t maybe = side.looks[*from].maybe;
    return std::find_if(from, side.open.end(),
                        [&](uint32_t i) { return side.looks[i].maybe != maybe; });
  };
  while (l != left_.open.end() && r != right_.open.end()) {
    const uint64_t a = left_.looks[*l].maybe;
    const uint64_t b = right_.looks[*r].maybe;
    const auto l_end = a <= b ? alike(left_, l) : l;
    const auto r_end = b <= a ? alike(right_, r) : r;
    if (a == b) all = match(Open(l, l_end), Open(r, r_end), in_order, equal) && all;
    l = l_end;
    r = r_end;
  }
  name_single_ones();
  return all;
}

// The k-th of those that are surely equal goes with the k-th.
void RuleMatching::leave_out_sure_ones() {
  const auto by_sure = [](const ElementLook& look) { return look.sure; };
  const std::vector<uint32_t> left = in_order_of(left_.looks, by_sure);
  const std::vector<uint32_t> right = in_order_of(right_.looks, by_sure);
  auto l = left.begin();
  auto r = right.begin();
  while (l != left.end() || r != right.end()) {
    if (r == right.end() || (l != left.end() && left_.looks[*l].sure < right_.looks[*r].sure)) {
      left_.open.push_back(*l++);
    } else if (l == left.end() || right_.looks[*r].sure < left_.looks[*l].sure) {
      right_.open.push_back(*r++);
    } else {
      left_.partners[*l] = *r;
      right_.partners[*r] = *l;
      ++l, ++r;
    }
  }
  for (Side* const side : {&left_, &right_}) {
    std::ranges::sort(side->open, {},
                      [side](uint32_t i) { return std::pair(side->looks[i].maybe, i); });
  }
}

bool RuleMatching::match(Open left, Open right, bool in_order, const Equal& equal) {
  if (in_order) match_in_order(left, right, equal);
  match_by_amount(left, right, equal);
  if (all_paired(left_, left) || all_paired(right_, right)) return true;
  if (in_order) return match_rest(left, right, equal);
  // Of those that are surely equal some may have to go with others.
  const uint64_t maybe = left_.looks[left.front()].maybe;
  const bool single_values = !left_.looks[left.front()].is_container;
  std::vector<uint32_t> all_left = all_alike(left_, right_, maybe);
  std::vector<uint32_t> all_right = all_alike(right_, left_, maybe);
  if (single_values) {
    part(left_, all_left);
    part(right_, all_right);
    match_by_amount(all_left, all_right, equal);
  }
  return match_rest(all_left, all_right, equal);
}

bool RuleMatching::match_rest(Open left, Open right, const Equal& equal) {
  if (all_paired(left_, left) || all_paired(right_, right)) return true;
  if (left.size() * right.size() <= kPairsMax) {
    match_every_way(left, right, equal);
    return true;
  }
  // Of single values all pairs that there are have been found by their amounts.
  return !left_.looks[left.front()].is_container;
}

bool RuleMatching::all_paired(const Side& side, Open open) noexcept {
  return std::ranges::none_of(open, [&](uint32_t i) { return side.partners[i] == kNobody; });
}

// But for those that are surely equal to one that is not: where a rule names an element by its
// place, the same one elsewhere is looked at without it.
std::vector<uint32_t> RuleMatching::all_alike(Side& side, const Side& other, uint64_t maybe) {
  if (side.by_maybe.empty()) {
    side.by_maybe = in_order_of(side.looks, [](const ElementLook& look) { return look.maybe; });
  }
  const auto alike = std::ranges::equal_range(side.by_maybe, maybe, {},
                                              [&](uint32_t i) { return side.looks[i].maybe; });
  std::vector<uint32_t> out;
  std::ranges::copy_if(alike, std::back_inserter(out), [&](uint32_t i) {
    const uint32_t partner = side.partners[i];
    return partner == kNobody || other.looks[partner].maybe == maybe;
  });
  return out;
}

void RuleMatching::part(Side& side, Open open) {
  for (const uint32_t i : open) {
    side.partners[i] = kNobody;
    side.labels[i] = side.looks[i].sure;
  }
}

// Each with the first of the next few.
void RuleMatching::match_in_order(Open left, Open right, const Equal& equal) {
  constexpr size_t kAhead = 16;
  for (const uint32_t l : left) {
    const Open ahead = right.first(std::min(right.size(), kAhead));
    const auto r = std::ranges::find_if(ahead, [&](uint32_t i) { return equal(l, i); });
    if (r == ahead.end()) continue;
    pair(l, *r);
    right = right.subspan(static_cast<size_t>(r - ahead.begin()) + 1);
  }
}

void RuleMatching::match_by_amount(Open left, Open right, const Equal& equal) {
  const auto sorted = [](const Side& side, Open open) {
    std::vector<uint32_t> ids;
    std::ranges::copy_if(open, std::back_inserter(ids),
                         [&](uint32_t i) { return side.partners[i] == kNobody; });
    std::ranges::sort(ids, {}, [&](uint32_t i) { return std::pair(side.looks[i].amount, i); });
    return ids;
  };
  const std::vector<uint32_t> ls = sorted(left_, left);
  const std::vector<uint32_t> rs = sorted(right_, right);
  auto l = ls.begin();
  auto r = rs.begin();
  while (l != ls.end() && r != rs.end()) {
    if (equal(*l, *r)) {
      pair(*l++, *r++);
    } else if (left_.looks[*l].amount <= right_.looks[*r].amount) {
      ++l;
    } else {
      ++r;
    }
  }
}

void RuleMatching::match_every_way(Open left, Open right, const Equal& equal) {
  Chains chains(left, right, equal);
  for (uint32_t r = 0; r < right.size(); ++r) {
    const uint32_t partner = right_.partners[right[r]];
    if (partner == kNobody) continue;
    chains.begin_with(static_cast<uint32_t>(std::ranges::find(left, partner) - left.begin()), r);
  }
  for (uint32_t l = 0; l < left.size(); ++l) {
    if (left_.partners[left[l]] == kNobody) chains.add(l);
  }
  for (uint32_t r = 0; r < right.size(); ++r) {
    if (chains.partner_of(r) != kNobody) pair(left[chains.partner_of(r)], right[r]);
  }
}

void RuleMatching::pair(uint32_t left, uint32_t right) {
  left_.partners[left] = right;
  right_.partners[right] = left;
  left_.labels[left] = right_.labels[right] = mix(kFirstLabel, left);
}

// An element that is the only one of its list with what no rule excuses is known by that, though
// it may differ in the rest by more than is excused.
void RuleMatching::name_single_ones() {
  const auto by_maybe = [](const ElementLook& look) { return look.maybe; };
  const auto singles = [&](const Side& side) {
    const std::vector<uint32_t> all = in_order_of(side.looks, by_maybe);
    std::vector<uint32_t> out;
    for (size_t i = 0; i < all.size(); ++i) {
      const uint64_t maybe = side.looks[all[i]].maybe;
      const bool alone = (i == 0 || side.looks[all[i - 1]].maybe != maybe) &&
                         (i + 1 == all.size() || side.looks[all[i + 1]].maybe != maybe);
      if (alone && side.looks[all[i]].is_container) out.push_back(all[i]);
    }
    return out;
  };
  const std::vector<uint32_t> left = singles(left_);
  const std::vector<uint32_t> right = singles(right_);
  auto r = right.begin();
  for (const uint32_t l : left) {
    while (r != right.end() && right_.looks[*r].maybe < left_.looks[l].maybe) ++r;
    if (r != right.end() && right_.looks[*r].maybe == left_.looks[l].maybe) pair(l, *r);
  }
}

}  // namespace gnomon::compare
