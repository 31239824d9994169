// Segments of a request's path.
#pragma once

#include <string_view>
#include <vector>

namespace gnomon::compare {

// Between the slashes of a path: "/a/b/" has "a", "b" and "". Queries, fragments and parameters
// behind a semicolon are left out. At most `max` segments; the last one then holds the rest.
std::vector<std::string_view> path_segments(std::string_view path, size_t max);

// True for what identifies one thing among many and is no word of an interface: numbers, dates,
// UUIDs, hexadecimal ids, long mixtures of letters and digits, and whatever is not plain text.
bool looks_like_value(std::string_view segment) noexcept;

}  // namespace gnomon::compare
