// Rules that excuse differences: as somebody wrote them, and compiled for an endpoint.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compare/difference.h"

namespace re2 {
class RE2;
}

namespace gnomon::compare {

enum class RuleAction : uint8_t {
  ignore,        // whatever is there, and whether anything is
  ignore_value,  // the value may differ; it must be there, and of the same type
  tolerance,     // numbers (absolute, relative) and times (time) may differ this much
  set,           // an array whose order does not matter
  keyed,         // an array whose elements are paired by members of theirs
  value_class,   // both sides must be of the class, and may then differ
  regex,         // both sides must match the pattern as a whole, and may then differ
  subset,        // the right side may have more
};

enum class ValueClass : uint8_t { uuid, timestamp, ip, etag, host };

struct RuleSpec {
  std::string endpoint;  // that it is for; empty: all
  std::string path;
  RuleAction action = RuleAction::ignore;
  double absolute = 0;
  double relative = 0;
  std::chrono::milliseconds time{};
  std::vector<std::string> keys;  // of `keyed`: "id", or below: "owner.id"
  ValueClass value_class = ValueClass::uuid;
  std::string pattern;
  // Learnt from traffic and not written by somebody. Such a rule may only excuse values.
  bool automatic = false;
};

}  // namespace gnomon::compare
