// The differences of two texts, by lines. All of them are at the path "body".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compare/alignment.h"
#include "compare/findings.h"
#include "compare/rules.h"

namespace gnomon::compare {

// Keeps its memory from one call to the next. Not to be shared between threads.
class TextDiff {
 public:
  void run(std::string_view left, std::string_view right, const Rules& rules, Findings& findings);

 private:
  void line(uint32_t left, uint32_t right, const Rules& rules, Findings& findings) const;

  std::vector<std::string_view> left_;
  std::vector<std::string_view> right_;
  std::vector<uint64_t> left_hashes_;
  std::vector<uint64_t> right_hashes_;
  Aligner aligner_;
  Alignment alignment_;
};

}  // namespace gnomon::compare
