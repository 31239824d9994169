// Which rules hold where, while a walk goes down a document. Rules of one endpoint; one walk at a
// time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "compare/difference.h"
#include "compare/document.h"
#include "compare/rules.h"

namespace gnomon::compare {

// What holds at one node. Valid until leave() is called with it.
struct RuleScope {
  uint32_t states_begin = 0;  // rules whose paths lead to, or may lead below, this node
  uint32_t states_end = 0;
  uint32_t values_begin = 0;  // value rules of this node; those before them are of its ancestors
  uint32_t values_end = 0;
  int32_t ignore = kNoRule;
  int32_t array = kNoRule;   // set or keyed
  int32_t subset = kNoRule;  // of this node or one above

  // Whether a rule may hold for something below.
  bool matters_below() const noexcept { return states_begin != states_end || values_end != 0; }
};

class RuleWalk {
 public:
  // Without `hits` nothing is counted.
  RuleScope begin(const Rules& rules, RuleHits* hits);
  RuleScope member(const RuleScope& parent, std::string_view name);
  RuleScope element(const RuleScope& parent, uint32_t index);
  void leave(const RuleScope& scope) noexcept;

  const Rules& rules() const noexcept { return *rules_; }
  // Where the rules' matches are counted from now on, or null; returns where they were.
  RuleHits* count_into(RuleHits* hits) noexcept { return std::exchange(hits_, hits); }
  // The rules for values that hold at a node.
  std::span<const uint32_t> values_of(const RuleScope& scope) const noexcept {
    return std::span(values_).first(scope.values_end);
  }
  // The rule by which two different values, numbers or strings, are excused; or kNoRule.
  int32_t excusing(const RuleScope& scope, std::string_view left,
                   std::string_view right) const noexcept;
  // Counts what the rules' paths lead to in a document. A walk of its own.
  void look_through(const Rules& rules, const Document& document, RuleHits& hits);

 private:
  struct State {
    uint32_t rule;
    uint32_t step;  // that has to match next
  };
  template <typename Matches>
  RuleScope child(const RuleScope& parent, const Matches& matches);
  RuleScope empty_child(const RuleScope& parent) const noexcept;
  void advance(uint32_t rule, uint32_t step, RuleScope& scope);
  void apply(uint32_t rule, RuleScope& scope);
  void look_below(const Document& document, NodeId id, const RuleScope& scope);

  const Rules* rules_ = nullptr;
  RuleHits* hits_ = nullptr;
  std::vector<State> states_;
  std::vector<uint32_t> values_;
};

}  // namespace gnomon::compare
