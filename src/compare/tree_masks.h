// How far the paths of some patterns have been followed on the way down a document.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "compare/path.h"

namespace gnomon::compare {

class TreeMasks {
 public:
  // At the root. The patterns outlive this; each has at most 62 steps.
  explicit TreeMasks(std::span<const PathPattern> patterns);

  TreeMasks member(std::string_view name) const;
  TreeMasks element(uint32_t index) const;
  // Some member or element, it is not known which.
  TreeMasks anything() const;

  // A pattern leads to this very place.
  bool matched() const noexcept { return matched_; }

 private:
  template <typename Matches>
  TreeMasks child(const Matches& matches) const;
  void settle();

  std::span<const PathPattern> patterns_;
  std::vector<uint64_t> masks_;  // of each pattern: bit i, its step i comes next
  bool matched_ = false;
};

}  // namespace gnomon::compare
