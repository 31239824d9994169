#include "compare/rule_walk.h"

namespace gnomon::compare {

RuleScope RuleWalk::begin(const Rules& rules, RuleHits* hits) {
  rules_ = &rules;
  hits_ = hits;
  states_.clear();
  values_.clear();
  RuleScope root;
  if (rules.subset()) root.subset = kSubsetMode;
  for (const uint32_t rule : rules.of(Area::tree)) advance(rule, 0, root);
  return root;
}

// The rule's steps before `step` have matched on the way to the node.
void RuleWalk::advance(uint32_t rule, uint32_t step, RuleScope& scope) {
  if (step == (*rules_)[rule].path.steps.size()) {
    apply(rule, scope);
    return;
  }
  for (uint32_t i = scope.states_begin; i < scope.states_end; ++i) {
    if (states_[i].rule == rule && states_[i].step == step) return;
  }
  states_.push_back({rule, step});
  scope.states_end = static_cast<uint32_t>(states_.size());
}

void RuleWalk::apply(uint32_t id, RuleScope& scope) {
  if (hits_ != nullptr) hits_->select(id);
  const Rule& rule = (*rules_)[id];
  const auto first = [id](int32_t& slot) {
    if (slot < 0) slot = static_cast<int32_t>(id);
  };
  switch (rule.action) {
    case RuleAction::ignore:
      first(scope.ignore);
      break;
    case RuleAction::set:
    case RuleAction::keyed:
      first(scope.array);
      break;
    case RuleAction::subset:
      first(scope.subset);
      break;
    case RuleAction::ignore_value:
    case RuleAction::tolerance:
    case RuleAction::value_class:
    case RuleAction::regex:
      values_.push_back(id);
      scope.values_end = static_cast<uint32_t>(values_.size());
      break;
  }
}

RuleScope RuleWalk::empty_child(const RuleScope& parent) const noexcept {
  RuleScope scope;
  scope.states_begin = scope.states_end = static_cast<uint32_t>(states_.size());
  scope.values_begin = scope.values_end = static_cast<uint32_t>(values_.size());
  scope.subset = parent.subset;
  return scope;
}

template <typename Matches>
RuleScope RuleWalk::child(const RuleScope& parent, const Matches& matches) {
  RuleScope scope = empty_child(parent);
  for (uint32_t i = parent.states_begin; i < parent.states_end; ++i) {
    const auto [rule, step] = states_[i];
    const std::vector<PathStep>& steps = (*rules_)[rule].path.steps;
    if (steps[step].kind != PathStep::Kind::descend) {
      if (matches(steps[step])) advance(rule, step + 1, scope);
      continue;
    }
    advance(rule, step, scope);
    if (matches(steps[step + 1])) advance(rule, step + 2, scope);
  }
  return scope;
}

RuleScope RuleWalk::member(const RuleScope& parent, std::string_view name) {
  return child(parent, [name](const PathStep& step) { return step.matches_member(name); });
}

RuleScope RuleWalk::element(const RuleScope& parent, uint32_t index) {
  return child(parent, [index](const PathStep& step) { return step.matches_element(index); });
}

void RuleWalk::leave(const RuleScope& scope) noexcept {
  states_.resize(scope.states_begin);
  values_.resize(scope.values_begin);
}

int32_t RuleWalk::excusing(const RuleScope& scope, std::string_view left,
                           std::string_view right) const noexcept {
  for (uint32_t i = 0; i < scope.values_end; ++i) {
    if ((*rules_)[values_[i]].excuses(left, right)) return static_cast<int32_t>(values_[i]);
  }
  return kNoRule;
}

void RuleWalk::look_through(const Rules& rules, const Document& document, RuleHits& hits) {
  const RuleScope root = begin(rules, &hits);
  if (!document.empty()) look_below(document, 0, root);
}

void RuleWalk::look_below(const Document& document, NodeId id, const RuleScope& scope) {
  if (scope.states_begin == scope.states_end) return;
  const Node& node = document[id];
  uint32_t index = 0;
  for (NodeId i = id + 1; i < node.next; i = document[i].next) {
    const RuleScope below =
        node.kind == NodeKind::object ? member(scope, document[i].name()) : element(scope, index++);
    look_below(document, i, below);
    leave(below);
  }
}

}  // namespace gnomon::compare
