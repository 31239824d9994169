// Rules that a schema's fields can carry: (value, node, scope) -> bool, reporting what they refuse.
#pragma once

#include <fmt/format.h>

#include "config/scope.h"
#include "config/yaml.h"

namespace gnomon::config {

// Both ends included; NaN is outside of every range.
template <typename T>
auto in_range(T min, T max) {
  return [min, max](const T& value, const Node& node, const Scope& scope) {
    if (value >= min && value <= max) return true;
    scope.error(node.at(), fmt::format("must be between {} and {}, is {}", min, max, node.text()));
    return false;
  };
}

// True, with a warning, for a value that is accepted and does nothing.
template <typename T>
auto warn_if(T wanted, std::string_view message) {
  return [wanted, message](const T& value, const Node& node, const Scope& scope) {
    if (value == wanted) scope.warning(node.at(), std::string(message));
    return true;
  };
}

struct NotEmpty {
  template <typename T>
  bool operator()(const T& value, const Node& node, const Scope& scope) const {
    if (!value.empty()) return true;
    scope.error(node.at(), "must not be empty");
    return false;
  }
};
constexpr NotEmpty kNotEmpty;

struct NotNegative {
  template <typename T>
  bool operator()(const T& value, const Node& node, const Scope& scope) const {
    if (value >= T{}) return true;
    scope.error(node.at(), fmt::format("must not be negative, is {}", node.text()));
    return false;
  }
};
constexpr NotNegative kNotNegative;

struct Positive {
  template <typename T>
  bool operator()(const T& value, const Node& node, const Scope& scope) const {
    if (value > T{}) return true;
    scope.error(node.at(), fmt::format("must be more than zero, is {}", node.text()));
    return false;
  }
};
constexpr Positive kPositive;

}  // namespace gnomon::config
