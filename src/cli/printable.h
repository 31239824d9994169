// Text that came from a network, on its way to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace gnomon::cli {

// With an escape for each character that moves a cursor, colours, or turns the direction of what
// follows: control characters of ASCII and of Latin-1 (which terminals obey in UTF-8 too), and
// Unicode's for direction.
std::string printable(std::string_view text);

}  // namespace gnomon::cli
