// Collects differences into a Result, within its limits: one entry per path, kind and excusing
// rule.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compare/difference.h"
#include "compare/document.h"
#include "compare/rules.h"

namespace gnomon::compare {

class Findings {
 public:
  explicit Findings(const ResultLimits& limits) : limits_(limits) {}

  // Empties the result. The others may then be called until the next call of this.
  void begin(Result& out, RuleHits& hits);

  // Counts a difference. If it is the first of its kind at its place, returns the entry, whose
  // texts the caller fills in; it is valid until the next call.
  Difference* add(uint64_t place, Kind kind, int32_t rule = kNoRule);
  // The same for a place that has a name, such as "status" or "header:etag".
  void add_named(std::string_view path, Kind kind, std::string_view left, std::string_view right,
                 int32_t rule = kNoRule) {
    add_named(path, kind, left, right, rule, risk_of(kind));
  }
  void add_named(std::string_view path, Kind kind, std::string_view left, std::string_view right,
                 int32_t rule, Risk risk);
  void reached(Limit limit) noexcept { out_->limits.add(limit); }
  Result& result() noexcept { return *out_; }

  // The beginning of a text, cut between two characters.
  std::string preview(std::string_view text) const;
  // Of a value, as compact JSON.
  std::string preview(const Document& document, NodeId id) const;

 private:
  const ResultLimits limits_;
  Result* out_ = nullptr;
  RuleHits* hits_ = nullptr;
  std::vector<uint64_t> keys_;          // of out_->differences
  std::vector<uint64_t> excused_keys_;  // of out_->excused
};

}  // namespace gnomon::compare
