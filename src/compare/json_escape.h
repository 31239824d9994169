// Strings as JSON writes them.
#pragma once

#include <optional>
#include <string_view>

namespace gnomon::compare {

// Writes the characters that `escaped` (what stands between the quotes) denotes to `out`, which has
// room for as many bytes as `escaped` has. Returns how many were written, or null for an escape
// that RFC 8259 does not know. A surrogate without its other half is written as three bytes, which
// no valid UTF-8 contains: so it is equal to itself only.
std::optional<size_t> unescape_json(std::string_view escaped, char* out) noexcept;

}  // namespace gnomon::compare
