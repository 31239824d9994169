// Tables in the form that glooctl prints: a frame of dashes, cells of several lines.
#pragma once

#include <string>
#include <vector>

namespace gnomon::cli {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> titles) : titles_(std::move(titles)) {}

  // As many cells as there are titles. Lines of a cell are separated by line breaks.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Ends in a line break.
  std::string render() const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace gnomon::cli
