// headerManipulation whose values quote the exchange.
#pragma once

#include <algorithm>
#include <span>

#include "msg/headers.h"
#include "proxy/stream_facts.h"
#include "routing/plan.h"

namespace gnomon::proxy {

inline bool any_format(std::span<const routing::HeaderEdit> edits) noexcept {
  return std::ranges::any_of(edits, [](const auto& edit) { return edit.format != nullptr; });
}

// In the order given. A value that consists of one operator without a value is not written.
void apply_edits(Headers& headers, std::span<const routing::HeaderEdit> edits,
                 const StreamFacts& facts);

}  // namespace gnomon::proxy
