// The parts of a Content-Type's value.
#pragma once

#include <string_view>

namespace gnomon::compare {

// "text/html" of "text/html; charset=utf-8".
std::string_view media_type(std::string_view content_type) noexcept;
// Value of a parameter without its quotes, or "".
std::string_view media_parameter(std::string_view content_type, std::string_view name) noexcept;

}  // namespace gnomon::compare
