// Where headerManipulation may be written, for one exchange: the destination, the route with its
// tables, the virtual host.
#pragma once

#include <array>
#include <vector>

#include "proxy/header_edits.h"
#include "routing/plan.h"
#include "routing/rewrite.h"

namespace gnomon::proxy {

// Of the request or of the answer.
using EditSide = std::vector<routing::HeaderEdit> routing::HeaderEdits::*;

class HeaderLevels {
 public:
  // The most specific level first, so that the least specific one has the last word; a Gateway may
  // ask for it the other way round. `destination` may be null.
  HeaderLevels(const routing::Route& route, const routing::WeightedCluster* destination,
               bool most_specific_wins) noexcept;

  // `facts` is asked for what values quote, level by level, as one may quote what another wrote.
  template <typename Facts>
  void apply(Headers& headers, EditSide side, const Facts& facts) const {
    for (const routing::HeaderEdits* level : levels_) {
      if (level == nullptr) continue;
      const std::vector<routing::HeaderEdit>& edits = level->*side;
      if (any_format(edits)) {
        apply_edits(headers, edits, facts());
      } else {
        routing::apply_edits(headers, edits);
      }
    }
  }

 private:
  std::array<const routing::HeaderEdits*, 3> levels_;
};

}  // namespace gnomon::proxy
