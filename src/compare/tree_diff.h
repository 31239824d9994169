// The differences of two documents. Equal subtrees are passed over by their hashes; members are
// paired by name, elements as the rules say.
#pragma once

#include <cstdint>
#include <vector>

#include "compare/alignment.h"
#include "compare/document.h"
#include "compare/findings.h"
#include "compare/rule_matching.h"
#include "compare/rule_walk.h"
#include "compare/trail.h"

namespace gnomon::compare {

// Keeps its memory from one call to the next. Not to be shared between threads.
class TreeDiff {
 public:
  struct Reading {
    bool maps = true;  // else every name is a field's, also one that looks like an id
    bool xml = false;  // a text is an element that has nothing but its text
  };
  void run(const Document& left, const Document& right, const Rules& rules, RuleHits& hits,
           Findings& findings, const Reading& reading = {true, false});
  // Keeps no more memory than ordinary documents need.
  void give_back() noexcept;

 private:
  class ElementLikeness;

  // Two nodes to be compared, or one that nobody stands for. Indices are those of elements.
  struct Pair {
    NodeId left = kNobody;
    NodeId right = kNobody;
    uint32_t left_index = 0;
    uint32_t right_index = 0;
  };

  void compare(NodeId left, NodeId right, const RuleScope& scope);
  void compare_values(NodeId left, NodeId right, const RuleScope& scope);

  void compare_members(NodeId left, NodeId right, const RuleScope& scope);
  bool compare_with_element(NodeId left, NodeId right, const RuleScope& scope);
  void pair_rest(NodeId left, NodeId left_end, NodeId right, NodeId right_end);
  void member(const Pair& pair, const RuleScope& parent, bool is_map);

  void compare_elements(NodeId left, NodeId right, const RuleScope& scope);
  Pair only_difference(NodeId left, NodeId right) const noexcept;
  void element(const Pair& pair, const RuleScope& parent);
  static void list_elements(const Document& document, NodeId array, std::vector<NodeId>& ids,
                            std::vector<uint64_t>& hashes);
  void compare_by_place(NodeId left, NodeId right, const RuleScope& scope);
  bool same_in_any_order(NodeId left, NodeId right) const noexcept;
  bool pair_by_place(NodeId left, NodeId right, const RuleScope& scope);
  void pair_as_list(NodeId left, NodeId right, const RuleScope& scope);
  void pair_as_set(NodeId left, NodeId right, const RuleScope& scope);
  void pair_by_keys(NodeId left, NodeId right, const Rule& rule);
  void list_labelled(NodeId left, NodeId right, const RuleScope& scope, bool in_order);
  void push_alignment(const Alignment& alignment);

  // Whether comparing the two would find nothing but what is excused. Nothing is noted or counted.
  // What it lists elements in is then that of others.
  bool equal_under_rules(const Pair& pair, const RuleScope& parent);
  bool may_go_on() noexcept;

  ElementLook look_at(const Document& document, NodeId id, const RuleScope& scope);
  ElementLook look_at_value(const Node& node, const RuleScope& scope) const;
  std::vector<ElementLook> look_at_elements(const Document& document, NodeId array,
                                            const RuleScope& scope);
  uint64_t key_hash(const Document& document, NodeId element, const Rule& rule) const;

  void difference(NodeId left, NodeId right, Kind kind, int32_t rule = kNoRule);

  // Nodes that may be looked at in one comparison to find out which elements belong together.
  static constexpr uint32_t kLooksMax = 4 << 20;

  const Document* left_ = nullptr;
  const Document* right_ = nullptr;
  Reading reading_;
  uint32_t looks_left_ = kLooksMax;
  bool trying_ = false;  // nothing is noted but whether there is a difference
  bool differs_ = false;
  Findings* findings_ = nullptr;
  RuleWalk rules_;
  Trail trail_;
  Aligner exact_;
  Aligner loose_{true};  // of elements that are equal but for what rules excuse
  Alignment alignment_;
  std::vector<Pair> pairs_;  // of all levels above, and of this one behind them
  std::vector<std::pair<uint64_t, NodeId>> left_names_;
  std::vector<std::pair<uint64_t, NodeId>> right_names_;
  std::vector<NodeId> left_ids_;
  std::vector<NodeId> right_ids_;
  std::vector<uint64_t> left_hashes_;
  std::vector<uint64_t> right_hashes_;
};

}  // namespace gnomon::compare
