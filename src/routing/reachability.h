// Rules that no request can reach, because an earlier one takes everything they would match.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "routing/route_table.h"

namespace gnomon::routing {

// For each rule the earlier rule that hides it. Only sure cases: the earlier rule asks for nothing
// but a path, and that path covers the later one's.
std::vector<std::optional<uint32_t>> find_hidden_rules(std::span<const RouteRule> rules);

}  // namespace gnomon::routing
