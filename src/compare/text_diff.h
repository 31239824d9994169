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
  // Keeps no more memory than ordinary texts need.
  void give_back() noexcept;

 private:
  // Empty where there is none: each line has its end, or is the last and has something in it.
  struct Line {
    std::string_view text;
    size_t number = 0;
  };
  size_t trim(std::string_view& left, std::string_view& right) noexcept;
  void align(std::string_view left, std::string_view right);
  void compare_by_place(std::string_view left, std::string_view right);
  void line(const Line& left, const Line& right);

  const Rules* rules_ = nullptr;
  Findings* findings_ = nullptr;
  size_t before_ = 0;  // lines at the beginning that are the same
  std::vector<std::string_view> left_;
  std::vector<std::string_view> right_;
  std::vector<uint64_t> left_hashes_;
  std::vector<uint64_t> right_hashes_;
  Aligner aligner_;
  Alignment alignment_;
};

}  // namespace gnomon::compare
