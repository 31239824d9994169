// Access logs of a listener, resolved: formats are parsed, filters are a tree of conditions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "routing/regex.h"
#include "routing/substitution.h"

namespace gnomon::routing {

// Which exchanges get a line.
struct AccessFilter {
  enum class Kind : uint8_t {
    all,  // every one of `children`; without any, always
    any,  // one of `children`
    status,
    duration,  // in milliseconds
    not_health_check,
    share,  // of all requests, by their request id
    header,
    flags,
    grpc_status,
  };
  enum class Compare : uint8_t { eq, ge, le };
  // Of `header`; `present` needs no text.
  enum class Match : uint8_t { present, exact, prefix, suffix, range, regex };

  Kind kind = Kind::all;
  std::vector<AccessFilter> children;

  Compare compare = Compare::eq;
  uint32_t number = 0;

  uint32_t per_million = 0;
  bool independent = false;  // of the request id: a draw of its own
  std::string seed;

  FieldName field;
  Match match = Match::present;
  std::string text;
  RegexPtr regex;
  int64_t range_start = 0;
  int64_t range_end = 0;  // not included
  bool invert = false;

  std::vector<std::string> flags;  // empty: any
  uint32_t grpc_statuses = 0;      // bits by number
};

// A stretch of JSON that never changes, and the value behind it.
struct JsonPiece {
  std::string before;
  std::optional<Template> value;
};

struct AccessLogPlan {
  std::string path;  // "-": standard output
  Template text;     // without `json`
  std::vector<JsonPiece> json;
  std::optional<AccessFilter> filter;
  bool reads_response = false;  // fields of the answer have to be kept until it has ended
};

}  // namespace gnomon::routing
