#include "compare/tree_diff.h"

#include <algorithm>
#include <array>

namespace gnomon::compare {
namespace {

constexpr uint64_t kMix = 0x9E3779B97F4A7C15;
constexpr uint64_t kLeftOut = 0x2545F4914F6CDD1D;

uint64_t mixed(uint64_t a, uint64_t b) noexcept {
  uint64_t x = (a ^ (b * kMix)) * 0xFF51AFD7ED558CCD;
  return x ^ (x >> 32);
}

// Members by which people tell things apart.
bool is_identity(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 8> kNames = {"id",   "_id",  "ID",  "uuid",
                                                      "name", "code", "key", "sku"};
  return std::ranges::find(kNames, name) != kNames.end();
}

uint32_t common_members(const Document& left, NodeId l, const Document& right, NodeId r) noexcept {
  constexpr uint32_t kIdentity = 16;
  uint32_t alike = 0;
  NodeId j = r + 1;
  for (NodeId i = l + 1; i < left[l].next && j < right[r].next;
       i = left[i].next, j = right[j].next) {
    if (left[i].hash != right[j].hash) continue;
    const bool same_name = left[i].name_hash == right[j].name_hash;
    if (same_name) alike += is_identity(left[i].name()) ? kIdentity : 1;
  }
  return alike;
}

}  // namespace

// Of the elements that are listed in the two vectors of ids.
class TreeDiff::ElementLikeness final : public Likeness {
 public:
  // `loosely`: values that differ may be the same thing, because a rule says so.
  ElementLikeness(const TreeDiff& diff, bool loosely) : diff_(diff), loosely_(loosely) {}

  uint32_t between(uint32_t left, uint32_t right) const override {
    const NodeId l = diff_.left_ids_[left];
    const NodeId r = diff_.right_ids_[right];
    const NodeKind kind = (*diff_.left_)[l].kind;
    if (kind != (*diff_.right_)[r].kind) return 0;
    if (kind == NodeKind::object || kind == NodeKind::array) {
      return 1 + common_members(*diff_.left_, l, *diff_.right_, r);
    }
    return loosely_ ? 1 : 0;
  }

 private:
  const TreeDiff& diff_;
  const bool loosely_;
};

void TreeDiff::run(const Document& left, const Document& right, const Rules& rules, RuleHits& hits,
                   Findings& findings, bool maps) {
  left_ = &left;
  right_ = &right;
  maps_ = maps;
  findings_ = &findings;
  trail_.clear();
  pairs_.clear();
  masks_left_ = kMasksMax;
  const RuleScope root = rules_.begin(rules, &hits);
  compare(0, 0, root);
}

void TreeDiff::difference(NodeId left, NodeId right, Kind kind, int32_t rule) {
  Difference* const entry = findings_->add(trail_.hash(), kind, rule);
  if (entry == nullptr) return;
  trail_.append_to(entry->path, entry->where);
  if (left != kNobody) entry->left = findings_->preview(*left_, left);
  if (right != kNobody) entry->right = findings_->preview(*right_, right);
}

void TreeDiff::compare(NodeId left, NodeId right, const RuleScope& scope) {
  if (left == kNobody || right == kNobody) {
    const bool added = left == kNobody;
    int32_t rule = scope.ignore;
    if (rule == kNoRule && added) rule = scope.subset;
    difference(left, right, added ? Kind::added : Kind::removed, rule);
    return;
  }
  const Node& l = (*left_)[left];
  const Node& r = (*right_)[right];
  if (l.hash == r.hash) return;
  if (l.kind != r.kind) {
    difference(left, right, Kind::type, scope.ignore);
  } else if (scope.ignore != kNoRule) {
    difference(left, right, Kind::value, scope.ignore);
  } else if (l.kind == NodeKind::object) {
    compare_members(left, right, scope);
  } else if (l.kind == NodeKind::array) {
    compare_elements(left, right, scope);
  } else {
    compare_values(left, right, scope);
  }
}

void TreeDiff::compare_values(NodeId left, NodeId right, const RuleScope& scope) {
  const int32_t rule = rules_.excusing(scope, (*left_)[left].text(), (*right_)[right].text());
  difference(left, right, Kind::value, rule);
}

// ---- members ----

// Two versions of a service mostly write members in the same order; where they do not, the rest is
// paired by sorting. The k-th member of a name goes with the k-th of that name.
void TreeDiff::compare_members(NodeId left, NodeId right, const RuleScope& scope) {
  const Node& l = (*left_)[left];
  const Node& r = (*right_)[right];
  const bool is_map = std::max(l.count, r.count) > kMembersOfAMap;
  NodeId i = left + 1;
  NodeId j = right + 1;
  while (i < l.next && j < r.next && (*left_)[i].name_hash == (*right_)[j].name_hash) {
    const NodeId next_i = (*left_)[i].next;
    const NodeId next_j = (*right_)[j].next;
    if ((*left_)[i].hash != (*right_)[j].hash) member({i, j}, scope, is_map);
    i = next_i;
    j = next_j;
  }
  if (i == l.next && j == r.next) return;
  const size_t begin = pairs_.size();
  pair_rest(i, l.next, j, r.next);
  for (size_t k = begin; k < pairs_.size(); ++k) member(Pair(pairs_[k]), scope, is_map);
  pairs_.resize(begin);
}

// Appends to pairs_ what is not equal: in the order of the left, then what only the right has.
void TreeDiff::pair_rest(NodeId left, NodeId left_end, NodeId right, NodeId right_end) {
  using Named = std::pair<uint64_t, NodeId>;
  const auto sorted = [](const Document& document, NodeId id, NodeId end, std::vector<Named>& out) {
    out.clear();
    for (; id < end; id = document[id].next) out.emplace_back(document[id].name_hash, id);
    std::ranges::sort(out);
  };
  sorted(*left_, left, left_end, left_names_);
  sorted(*right_, right, right_end, right_names_);
  const auto begin = static_cast<ptrdiff_t>(pairs_.size());
  auto l = left_names_.begin();
  auto r = right_names_.begin();
  while (l != left_names_.end() || r != right_names_.end()) {
    const bool only_left =
        r == right_names_.end() || (l != left_names_.end() && l->first < r->first);
    const bool only_right = !only_left && (l == left_names_.end() || r->first < l->first);
    Pair pair;
    if (!only_right) pair.left = (l++)->second;
    if (!only_left) pair.right = (r++)->second;
    const bool equal =
        !only_left && !only_right && (*left_)[pair.left].hash == (*right_)[pair.right].hash;
    if (!equal) pairs_.push_back(pair);
  }
  std::ranges::sort(pairs_.begin() + begin, pairs_.end(), {},
                    [](const Pair& pair) { return std::pair(pair.left, pair.right); });
}

void TreeDiff::member(const Pair& pair, const RuleScope& parent, bool is_map) {
  const Node& node = pair.left != kNobody ? (*left_)[pair.left] : (*right_)[pair.right];
  trail_.enter_member(node.name(), maps_ && (is_map || is_dynamic_name(node.name())));
  const RuleScope scope = rules_.member(parent, node.name());
  compare(pair.left, pair.right, scope);
  rules_.leave(scope);
  trail_.leave();
}

// ---- elements ----

void TreeDiff::list_elements(const Document& document, NodeId array, const RuleScope& scope,
                             std::vector<NodeId>& ids, std::vector<uint64_t>& hashes) {
  ids.clear();
  hashes.clear();
  const bool mask = scope.matters_below();
  uint32_t index = 0;
  for (NodeId i = array + 1; i < document[array].next; i = document[i].next) {
    ids.push_back(i);
    if (!mask) {
      hashes.push_back(document[i].hash);
      continue;
    }
    const RuleScope below = rules_.element(scope, index++);
    hashes.push_back(masked_hash(document, i, below));
    rules_.leave(below);
  }
}

// Two arrays of one length that differ at a single place: what the aligner would find too. Nobody
// where there are more.
TreeDiff::Pair TreeDiff::only_difference(NodeId left, NodeId right) const noexcept {
  Pair found;
  NodeId i = left + 1;
  NodeId j = right + 1;
  const NodeId left_end = (*left_)[left].next;
  for (uint32_t index = 0; i < left_end; ++index, i = (*left_)[i].next, j = (*right_)[j].next) {
    if ((*left_)[i].hash == (*right_)[j].hash) continue;
    if (found.left != kNobody) return {};
    found = {i, j, index, index};
  }
  return found;
}

void TreeDiff::compare_elements(NodeId left, NodeId right, const RuleScope& scope) {
  const bool plain = scope.array == kNoRule && !scope.matters_below();
  if (plain && (*left_)[left].count == (*right_)[right].count) {
    if (const Pair pair = only_difference(left, right); pair.left != kNobody) {
      element(pair, scope);
      return;
    }
  }
  RuleHits* const hits = rules_.count_into(nullptr);
  list_elements(*left_, left, scope, left_ids_, left_hashes_);
  list_elements(*right_, right, scope, right_ids_, right_hashes_);
  rules_.count_into(hits);
  const size_t begin = pairs_.size();
  const Rule* const rule =
      scope.array == kNoRule ? nullptr : &rules_.rules()[static_cast<uint32_t>(scope.array)];
  const bool masked = scope.matters_below();
  const ElementLikeness likeness(*this, masked);
  Aligner& aligner = masked ? masked_ : exact_;
  if (rule != nullptr && rule->action == RuleAction::keyed) {
    pair_by_keys(*rule);
  } else if (rule != nullptr) {
    aligner.as_set(left_hashes_, right_hashes_, &likeness, alignment_);
    push_alignment(alignment_);
  } else {
    aligner.as_list(left_hashes_, right_hashes_, &likeness, alignment_);
    push_alignment(alignment_);
    if (alignment_.gave_up) findings_->reached(Limit::edit_distance);
    if (alignment_.moved != 0) difference(left, right, Kind::ordering);
  }
  if (rule != nullptr && pairs_.size() == begin) {
    difference(left, right, Kind::ordering, scope.array);
  }
  for (size_t k = begin; k < pairs_.size(); ++k) element(Pair(pairs_[k]), scope);
  pairs_.resize(begin);
}

void TreeDiff::push_alignment(const Alignment& alignment) {
  const auto push = [this](uint32_t left, uint32_t right) {
    Pair pair;
    if (left != kNobody) pair.left = left_ids_[left], pair.left_index = left;
    if (right != kNobody) pair.right = right_ids_[right], pair.right_index = right;
    pairs_.push_back(pair);
  };
  for (const auto [left, right] : alignment.equal) {
    // Equal but for what rules may excuse: to be looked at for their sake.
    if ((*left_)[left_ids_[left]].hash != (*right_)[right_ids_[right]].hash) push(left, right);
  }
  for (const auto [left, right] : alignment.unequal) push(left, right);
}

// Elements of one key, or with none, are paired in the order in which they come.
void TreeDiff::pair_by_keys(const Rule& rule) {
  for (size_t i = 0; i < left_ids_.size(); ++i) {
    left_hashes_[i] = key_hash(*left_, left_ids_[i], rule);
  }
  for (size_t i = 0; i < right_ids_.size(); ++i) {
    right_hashes_[i] = key_hash(*right_, right_ids_[i], rule);
  }
  masked_.as_set(left_hashes_, right_hashes_, nullptr, alignment_);
  push_alignment(alignment_);
}

void TreeDiff::element(const Pair& pair, const RuleScope& parent) {
  const uint32_t index = pair.left != kNobody ? pair.left_index : pair.right_index;
  trail_.enter_element(index);
  const RuleScope scope = rules_.element(parent, index);
  compare(pair.left, pair.right, scope);
  rules_.leave(scope);
  trail_.leave();
}

uint64_t TreeDiff::key_hash(const Document& document, NodeId element, const Rule& rule) const {
  uint64_t hash = 0;
  for (const std::vector<std::string>& way : rule.keys) {
    NodeId at = element;
    for (const std::string& name : way) {
      NodeId child = document[at].kind == NodeKind::object ? at + 1 : document[at].next;
      while (child < document[at].next && document[child].name() != name) {
        child = document[child].next;
      }
      if (child >= document[at].next) return kLeftOut;
      at = child;
    }
    hash = mixed(hash, document[at].hash);
  }
  return hash;
}

// Each level of arrays within arrays looks at all below it again: that has an end.
uint64_t TreeDiff::masked_hash(const Document& document, NodeId id, const RuleScope& scope) {
  const Node& node = document[id];
  if (masks_left_ == 0) {
    findings_->reached(Limit::edit_distance);
    return node.hash;
  }
  --masks_left_;
  if (scope.ignore != kNoRule) return kLeftOut;
  if (!scope.matters_below()) return node.hash;
  if (!node.is_container()) {
    const bool may_be_excused =
        scope.values_end != 0 && (node.kind == NodeKind::number || node.kind == NodeKind::string);
    return may_be_excused ? kLeftOut + static_cast<uint64_t>(node.kind) : node.hash;
  }
  uint64_t hash = static_cast<uint64_t>(node.kind);
  uint32_t index = 0;
  for (NodeId i = id + 1; i < node.next; i = document[i].next) {
    const bool named = node.kind == NodeKind::object;
    const RuleScope below =
        named ? rules_.member(scope, document[i].name()) : rules_.element(scope, index++);
    if (!named) {
      hash = mixed(hash, masked_hash(document, i, below));
    } else if (below.ignore == kNoRule) {
      hash += mixed(document[i].name_hash, masked_hash(document, i, below));
    }
    rules_.leave(below);
  }
  return mixed(hash, 1);
}

}  // namespace gnomon::compare
