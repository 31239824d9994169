// Whether bytes are text.
#pragma once

#include <cstddef>
#include <string_view>

namespace gnomon::compare {

// Length of the valid UTF-8 character at the beginning of `text`, or 0.
size_t utf8_length(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;
// How much of a text to keep, `most` bytes or a few less, so that no character is cut in two.
size_t utf8_cut(std::string_view text, size_t most) noexcept;
// UTF-8 without control characters other than tab and line ends.
bool is_plain_text(std::string_view text) noexcept;

}  // namespace gnomon::compare
