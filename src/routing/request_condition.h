// What a route asks of a request beside its path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "msg/head.h"
#include "routing/regex.h"

namespace gnomon::routing {

// ASCII letters only, as in host names and in paths compared without regard to case.
std::string to_lower(std::string_view text);

// Either a literal or a regular expression; without either, presence is enough.
struct ValueCondition {
  std::optional<std::string> literal;
  RegexPtr regex;
  bool matches(std::string_view value) const;
};

struct HeaderCondition {
  std::string name;  // a field's, or :authority, :path, :method, :scheme
  ValueCondition value;
  bool invert = false;
  bool matches(const RequestHead& head) const;
};

struct QueryCondition {
  std::string name;
  ValueCondition value;
  bool matches(std::string_view query) const;
};

struct RequestCondition {
  std::vector<ValueCondition> methods;  // any of them; none = every method
  std::vector<HeaderCondition> headers;
  std::vector<QueryCondition> query;

  bool empty() const noexcept { return methods.empty() && headers.empty() && query.empty(); }
  bool matches(const RequestHead& head) const;
};

}  // namespace gnomon::routing
