// The query of a request's target.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gnomon::admin {

// The value of a query parameter as it stands; empty where it has none.
std::optional<std::string_view> query_parameter(std::string_view path_and_query,
                                                std::string_view name) noexcept;

// The same, or "" where there is no such parameter.
std::string_view query_value(std::string_view path_and_query, std::string_view name) noexcept;

// With %XX and + taken for what they stand for. What is no escape stays as it is.
std::string percent_decoded(std::string_view text);

}  // namespace gnomon::admin
