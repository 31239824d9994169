// What a comparison found.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compare/limits.h"

namespace gnomon::compare {

enum class Kind : uint8_t {
  value,     // same type, another value
  added,     // only the right side has it
  removed,   // only the left side has it
  type,      // another type
  ordering,  // the same elements in another order
  length,    // another length, where contents are not looked into
  status,
  header,   // or a trailer, or a cookie that is set
  error,    // one side failed; or both did, by different causes
  timeout,  // one side did not answer in time
};
inline constexpr std::array<std::string_view, 10> kKindNames = {
    "value",  "added",  "removed", "type",  "ordering",
    "length", "status", "header",  "error", "timeout"};
constexpr std::string_view to_string(Kind kind) noexcept {
  return kKindNames[static_cast<size_t>(kind)];
}

enum class Risk : uint8_t { low, medium, high };
inline constexpr std::array<std::string_view, 3> kRiskNames = {"low", "medium", "high"};
constexpr std::string_view to_string(Risk risk) noexcept {
  return kRiskNames[static_cast<size_t>(risk)];
}

// Additions and order seldom break a reader; another value may; what is gone, has another type or
// failed does.
constexpr Risk risk_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::added:
    case Kind::ordering:
      return Risk::low;
    case Kind::value:
    case Kind::header:
      return Risk::medium;
    case Kind::removed:
    case Kind::type:
    case Kind::length:
    case Kind::status:
    case Kind::error:
    case Kind::timeout:
      break;
  }
  return Risk::high;
}

inline constexpr int32_t kNoRule = -1;
inline constexpr int32_t kSubsetMode = -2;  // no rule: the right side may have more everywhere

// All differences of one kind at one normalised path.
struct Difference {
  // Normalised: "$.pets[*].id", "$.prices.{}", "header:etag", "trailer:grpc-status",
  // "cookie:session", "status", "body", "outcome". What one can write in a rule.
  std::string path;
  Kind kind = Kind::value;
  Risk risk = Risk::medium;
  int32_t rule = kNoRule;  // index of the rule that excuses it
  uint64_t count = 1;      // in this comparison
  // Of the first of them: its exact place, "$.pets[3].id", and the beginnings of the two sides,
  // which may hold what has to be redacted.
  std::string where;
  std::string left;
  std::string right;
};

// By what the bodies were compared in the end.
enum class Settled : uint8_t {
  nothing,  // there were no two bodies: a side without an answer, or both bodies ignored
  bytes,    // they are the same bytes
  tree,     // as structured documents
  text,     // as lines
  digest,   // by length and digest
};
inline constexpr std::array<std::string_view, 5> kSettledNames = {"nothing", "bytes", "tree",
                                                                  "text", "digest"};
constexpr std::string_view to_string(Settled settled) noexcept {
  return kSettledNames[static_cast<size_t>(settled)];
}

struct ResultLimits {
  uint32_t differences = 100;    // by path and kind
  uint32_t excused = 20;         // the same for those that a rule excuses
  uint32_t preview_bytes = 120;  // of each side of a difference
};

struct Result {
  std::vector<Difference> differences;
  uint64_t left_out = 0;            // differences at paths that are not listed
  std::vector<Difference> excused;  // differences that rules excuse
  uint64_t excused_left_out = 0;
  LimitSet limits;
  Settled settled = Settled::nothing;
  // False where a side was cut by ourselves: then this says nothing about anybody.
  bool comparable = true;
  // Bodies that said they were structured and could not be read as such; compared as text.
  bool left_invalid = false;
  bool right_invalid = false;

  bool equal() const noexcept { return comparable && differences.empty() && left_out == 0; }
};

}  // namespace gnomon::compare
