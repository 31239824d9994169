#include "compare/tree_diff.h"

#include <algorithm>
#include <array>

namespace gnomon::compare {
namespace {

constexpr uint64_t kMix = 0x9E3779B97F4A7C15;
constexpr double kAmountMax = 1e300;
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

// Whether two elements may be equal though their hashes differ.
bool excuses_below(const RuleScope& scope) noexcept {
  return scope.matters_below() || scope.subset != kNoRule;
}

}  // namespace

// Of the elements that are listed in the two vectors of ids.
class TreeDiff::ElementLikeness final : public Likeness {
 public:
  explicit ElementLikeness(const TreeDiff& diff) : diff_(diff) {}

  uint32_t between(uint32_t left, uint32_t right) const override {
    const NodeId l = diff_.left_ids_[left];
    const NodeId r = diff_.right_ids_[right];
    const NodeKind kind = (*diff_.left_)[l].kind;
    if (kind != (*diff_.right_)[r].kind) return 0;
    if (kind == NodeKind::object || kind == NodeKind::array) {
      return 1 + common_members(*diff_.left_, l, *diff_.right_, r);
    }
    return 0;
  }

 private:
  const TreeDiff& diff_;
};

void TreeDiff::run(const Document& left, const Document& right, const Rules& rules, RuleHits& hits,
                   Findings& findings, const Reading& reading) {
  left_ = &left;
  right_ = &right;
  reading_ = reading;
  findings_ = &findings;
  trail_.clear();
  pairs_.clear();
  looks_left_ = kLooksMax;
  const RuleScope root = rules_.begin(rules, &hits);
  compare(0, 0, root);
}

void TreeDiff::give_back() noexcept {
  exact_.give_back();
  loose_.give_back();
  alignment_.give_back();
  compare::give_back(pairs_, left_names_, right_names_, left_ids_, right_ids_, left_hashes_,
                     right_hashes_);
}

void TreeDiff::difference(NodeId left, NodeId right, Kind kind, int32_t rule) {
  if (trying_) {
    differs_ = differs_ || rule == kNoRule;
    return;
  }
  Difference* const entry = findings_->add(trail_.hash(), kind, rule);
  if (entry == nullptr) return;
  trail_.append_to(entry->path, entry->where);
  if (left != kNobody) entry->left = findings_->preview(*left_, left);
  if (right != kNobody) entry->right = findings_->preview(*right_, right);
}

void TreeDiff::compare(NodeId left, NodeId right, const RuleScope& scope) {
  if (trying_ && !may_go_on()) return;
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
    if (reading_.xml && compare_with_element(left, right, scope)) return;
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

// An element of XML that has nothing but text is that text: what the other one has more are its
// attributes and children.
bool TreeDiff::compare_with_element(NodeId left, NodeId right, const RuleScope& scope) {
  const bool text_left = (*left_)[left].kind == NodeKind::string;
  const NodeId text = text_left ? left : right;
  const NodeId element = text_left ? right : left;
  const Document& of_text = text_left ? *left_ : *right_;
  const Document& of_element = text_left ? *right_ : *left_;
  if (scope.ignore != kNoRule || of_text[text].kind != NodeKind::string ||
      of_element[element].kind != NodeKind::object) {
    return false;
  }
  NodeId child = element + 1;
  while (child < of_element[element].next && of_element[child].name() != "#text") {
    child = of_element[child].next;
  }
  const bool has_text = child < of_element[element].next;
  const bool same =
      has_text ? of_element[child].hash == of_text[text].hash : of_text[text].text().empty();
  if (!same) return false;
  for (NodeId i = element + 1; i < of_element[element].next; i = of_element[i].next) {
    if (has_text && i == child) continue;
    member(text_left ? Pair{kNobody, i} : Pair{i, kNobody}, scope, false);
  }
  return true;
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
  trail_.enter_member(node.name(), reading_.maps && (is_map || is_dynamic_name(node.name())));
  const RuleScope scope = rules_.member(parent, node.name());
  compare(pair.left, pair.right, scope);
  rules_.leave(scope);
  trail_.leave();
}

// ---- elements ----

void TreeDiff::list_elements(const Document& document, NodeId array, std::vector<NodeId>& ids,
                             std::vector<uint64_t>& hashes) {
  ids.clear();
  hashes.clear();
  for (NodeId i = array + 1; i < document[array].next; i = document[i].next) {
    ids.push_back(i);
    hashes.push_back(document[i].hash);
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
  const bool plain = scope.array == kNoRule && !excuses_below(scope);
  const bool same_count = (*left_)[left].count == (*right_)[right].count;
  if (trying_ && plain) {
    differs_ = true;
    return;
  }
  if (plain && same_count) {
    if (const Pair pair = only_difference(left, right); pair.left != kNobody) {
      element(pair, scope);
      return;
    }
  }
  if (std::max((*left_)[left].count, (*right_)[right].count) > Aligner::kElementsMax) {
    compare_by_place(left, right, scope);
    return;
  }
  const size_t begin = pairs_.size();
  const Rule* const rule =
      scope.array == kNoRule ? nullptr : &rules_.rules()[static_cast<uint32_t>(scope.array)];
  if (rule != nullptr && rule->action == RuleAction::keyed) {
    pair_by_keys(left, right, *rule);
  } else if (rule != nullptr) {
    pair_as_set(left, right, scope);
  } else if (plain || !same_count || !pair_by_place(left, right, scope)) {
    pair_as_list(left, right, scope);
  } else if (trying_) {
    pairs_.resize(begin);
  }
  if (rule != nullptr && pairs_.size() == begin) {
    difference(left, right, Kind::ordering, scope.array);
  }
  for (size_t k = begin; k < pairs_.size(); ++k) element(Pair(pairs_[k]), scope);
  pairs_.resize(begin);
}

// Arrays that would take too much memory otherwise.
void TreeDiff::compare_by_place(NodeId left, NodeId right, const RuleScope& scope) {
  findings_->reached(Limit::edit_distance);
  const bool is_set = scope.array != kNoRule &&
                      rules_.rules()[static_cast<uint32_t>(scope.array)].action == RuleAction::set;
  if (is_set && same_in_any_order(left, right)) {
    difference(left, right, Kind::ordering, scope.array);
    return;
  }
  NodeId l = left + 1;
  NodeId r = right + 1;
  for (uint32_t index = 0; l < (*left_)[left].next || r < (*right_)[right].next; ++index) {
    const Pair pair{l < (*left_)[left].next ? l : kNobody, r < (*right_)[right].next ? r : kNobody,
                    index, index};
    const bool both = pair.left != kNobody && pair.right != kNobody;
    if (!both || (*left_)[l].hash != (*right_)[r].hash) element(pair, scope);
    if (pair.left != kNobody) l = (*left_)[l].next;
    if (pair.right != kNobody) r = (*right_)[r].next;
  }
}

bool TreeDiff::same_in_any_order(NodeId left, NodeId right) const noexcept {
  const auto sum = [](const Document& document, NodeId array) {
    uint64_t all = document[array].count;
    for (NodeId i = array + 1; i < document[array].next; i = document[i].next) {
      all += mixed(kLeftOut, document[i].hash);
    }
    return all;
  };
  return sum(*left_, left) == sum(*right_, right);
}

// Where all elements are equal under the rules to those at their places, which most often they are.
bool TreeDiff::pair_by_place(NodeId left, NodeId right, const RuleScope& scope) {
  const size_t begin = pairs_.size();
  Pair pair{left + 1, right + 1};
  while (pair.left < (*left_)[left].next) {
    if ((*left_)[pair.left].hash != (*right_)[pair.right].hash) {
      if (!equal_under_rules(pair, scope)) {
        pairs_.resize(begin);
        return false;
      }
      pairs_.push_back(pair);
    }
    pair = {(*left_)[pair.left].next, (*right_)[pair.right].next, pair.left_index + 1,
            pair.right_index + 1};
  }
  return true;
}

void TreeDiff::pair_as_list(NodeId left, NodeId right, const RuleScope& scope) {
  if (trying_ && (*left_)[left].count == (*right_)[right].count) {
    differs_ = true;
    return;
  }
  const bool loose = excuses_below(scope);
  if (loose) {
    list_labelled(left, right, scope, true);
  } else {
    list_elements(*left_, left, left_ids_, left_hashes_);
    list_elements(*right_, right, right_ids_, right_hashes_);
  }
  const ElementLikeness likeness(*this);
  Aligner& aligner = loose ? loose_ : exact_;
  aligner.as_list(left_hashes_, right_hashes_, &likeness, alignment_);
  push_alignment(alignment_);
  if (alignment_.gave_up) findings_->reached(Limit::edit_distance);
  if (alignment_.moved != 0) difference(left, right, Kind::ordering);
}

void TreeDiff::pair_as_set(NodeId left, NodeId right, const RuleScope& scope) {
  const bool loose = excuses_below(scope);
  if (loose) {
    list_labelled(left, right, scope, false);
  } else {
    list_elements(*left_, left, left_ids_, left_hashes_);
    list_elements(*right_, right, right_ids_, right_hashes_);
  }
  const ElementLikeness likeness(*this);
  Aligner& aligner = loose ? loose_ : exact_;
  aligner.as_set(left_hashes_, right_hashes_, &likeness, alignment_);
  push_alignment(alignment_);
}

// Elements get the same label where they are to be taken for equal.
void TreeDiff::list_labelled(NodeId left, NodeId right, const RuleScope& scope, bool in_order) {
  RuleHits* const hits = rules_.count_into(nullptr);
  const std::vector<ElementLook> left_looks = look_at_elements(*left_, left, scope);
  const std::vector<ElementLook> right_looks = look_at_elements(*right_, right, scope);
  rules_.count_into(hits);
  list_elements(*left_, left, left_ids_, left_hashes_);
  list_elements(*right_, right, right_ids_, right_hashes_);
  // What was looked at says nothing beside what was not.
  if (looks_left_ == 0) return;
  const std::vector<NodeId> left_ids = left_ids_;
  const std::vector<NodeId> right_ids = right_ids_;
  RuleMatching matching(left_looks, right_looks);
  const bool all = matching.run(in_order, [&](uint32_t l, uint32_t r) {
    return equal_under_rules({left_ids[l], right_ids[r], l, r}, scope);
  });
  if (!all) findings_->reached(Limit::edit_distance);
  left_ids_ = left_ids;
  right_ids_ = right_ids;
  left_hashes_.assign(matching.left_labels().begin(), matching.left_labels().end());
  right_hashes_.assign(matching.right_labels().begin(), matching.right_labels().end());
}

bool TreeDiff::may_go_on() noexcept {
  if (differs_) return false;
  if (looks_left_ == 0) {
    findings_->reached(Limit::edit_distance);
    differs_ = true;
    return false;
  }
  --looks_left_;
  return true;
}

bool TreeDiff::equal_under_rules(const Pair& pair, const RuleScope& parent) {
  RuleHits* const hits = rules_.count_into(nullptr);
  const bool trying = std::exchange(trying_, true);
  const bool differs = std::exchange(differs_, false);
  element(pair, parent);
  rules_.count_into(hits);
  trying_ = trying;
  return !std::exchange(differs_, differs);
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
void TreeDiff::pair_by_keys(NodeId left, NodeId right, const Rule& rule) {
  list_elements(*left_, left, left_ids_, left_hashes_);
  list_elements(*right_, right, right_ids_, right_hashes_);
  for (size_t i = 0; i < left_ids_.size(); ++i) {
    left_hashes_[i] = key_hash(*left_, left_ids_[i], rule);
  }
  for (size_t i = 0; i < right_ids_.size(); ++i) {
    right_hashes_[i] = key_hash(*right_, right_ids_[i], rule);
  }
  loose_.as_set(left_hashes_, right_hashes_, nullptr, alignment_);
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

std::vector<ElementLook> TreeDiff::look_at_elements(const Document& document, NodeId array,
                                                    const RuleScope& scope) {
  std::vector<ElementLook> looks;
  uint32_t index = 0;
  for (NodeId i = array + 1; i < document[array].next; i = document[i].next) {
    const RuleScope below = rules_.element(scope, index++);
    looks.push_back(look_at(document, i, below));
    rules_.leave(below);
  }
  return looks;
}

// Each level of arrays within arrays looks at all below it again: that has an end.
ElementLook TreeDiff::look_at(const Document& document, NodeId id, const RuleScope& scope) {
  const Node& node = document[id];
  if (looks_left_ == 0) {
    findings_->reached(Limit::edit_distance);
    return {node.hash, node.hash, 0, node.is_container()};
  }
  --looks_left_;
  if (scope.ignore != kNoRule) return {kLeftOut, kLeftOut, 0, node.is_container()};
  if (!node.is_container()) return look_at_value(node, scope);
  const auto kind = static_cast<uint64_t>(node.kind);
  // One of them may have more than the other.
  const bool more = scope.subset != kNoRule;
  if (!scope.matters_below()) return {node.hash, more ? kLeftOut + kind : node.hash, 0, true};
  const bool named = node.kind == NodeKind::object;
  const bool ordered = !named && scope.array == kNoRule;
  ElementLook all{kind, kind, 0, true};
  uint32_t index = 0;
  for (NodeId i = id + 1; i < node.next; i = document[i].next) {
    const RuleScope below =
        named ? rules_.member(scope, document[i].name()) : rules_.element(scope, index++);
    if (!named || below.ignore == kNoRule) {
      const uint64_t name = named ? document[i].name_hash : kind;
      const ElementLook part = look_at(document, i, below);
      all.sure = ordered ? mixed(all.sure, part.sure) : all.sure + mixed(name, part.sure);
      all.maybe = ordered ? mixed(all.maybe, part.maybe) : all.maybe + mixed(name, part.maybe);
      all.amount = std::clamp(all.amount + part.amount, -kAmountMax, kAmountMax);
    }
    rules_.leave(below);
  }
  if (scope.array != kNoRule) all.sure = mixed(all.sure, node.hash);
  return {mixed(all.sure, 1), more ? kLeftOut + kind : mixed(all.maybe, 1), all.amount, true};
}

// Rules that ask each side for itself leave nothing open; tolerances do.
ElementLook TreeDiff::look_at_value(const Node& node, const RuleScope& scope) const {
  const uint64_t left_out = kLeftOut + static_cast<uint64_t>(node.kind);
  ElementLook out{node.hash, node.hash};
  const bool may_be_excused = node.kind == NodeKind::number || node.kind == NodeKind::string;
  if (!may_be_excused) return out;
  for (const uint32_t id : rules_.values_of(scope)) {
    const Rule& rule = rules_.rules()[id];
    if (!rule.may_excuse(node.text())) continue;
    out.maybe = left_out;
    if (rule.action == RuleAction::tolerance) {
      out.amount = rule.amount(node.text());
    } else if (out.sure == node.hash) {
      out.sure = mixed(left_out, id);
    }
  }
  return out;
}

}  // namespace gnomon::compare
