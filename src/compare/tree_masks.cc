#include "compare/tree_masks.h"

namespace gnomon::compare {
namespace {

constexpr uint64_t bit(size_t step) noexcept { return uint64_t{1} << step; }

}  // namespace

TreeMasks::TreeMasks(std::span<const PathPattern> patterns)
    : patterns_(patterns), masks_(patterns.size(), bit(0)) {
  settle();
}

// "Any number of levels" includes none.
void TreeMasks::settle() {
  matched_ = false;
  for (size_t p = 0; p < patterns_.size(); ++p) {
    const std::vector<PathStep>& steps = patterns_[p].steps;
    for (size_t i = 0; i < steps.size(); ++i) {
      if ((masks_[p] & bit(i)) != 0 && steps[i].kind == PathStep::Kind::descend) {
        masks_[p] |= bit(i + 1);
      }
    }
    matched_ = matched_ || (masks_[p] & bit(steps.size())) != 0;
  }
}

template <typename Matches>
TreeMasks TreeMasks::child(const Matches& matches) const {
  TreeMasks next = *this;
  for (size_t p = 0; p < patterns_.size(); ++p) {
    const std::vector<PathStep>& steps = patterns_[p].steps;
    uint64_t mask = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      if ((masks_[p] & bit(i)) == 0) continue;
      if (steps[i].kind == PathStep::Kind::descend) {
        mask |= bit(i);
      } else if (matches(steps[i])) {
        mask |= bit(i + 1);
      }
    }
    next.masks_[p] = mask;
  }
  next.settle();
  return next;
}

TreeMasks TreeMasks::member(std::string_view name) const {
  return child([&](const PathStep& step) { return step.matches_member(name); });
}

TreeMasks TreeMasks::element(uint32_t index) const {
  return child([&](const PathStep& step) { return step.matches_element(index); });
}

TreeMasks TreeMasks::anything() const {
  return child([](const PathStep&) { return true; });
}

}  // namespace gnomon::compare
