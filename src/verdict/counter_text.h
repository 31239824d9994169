// Counters as text, one line for each, so that they can be kept and read by people. The table of
// fields is not in it: it is kept by rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verdict/counters.h"

namespace gnomon::verdict {

std::string to_text(const Counters& counters);
// Nothing, if a line is not what to_text writes.
std::optional<Counters> from_text(std::string_view text);

}  // namespace gnomon::verdict
