// The trees that docs/COMPARING.md shows.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "compare/body_kind.h"
#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

std::string next_cell(std::istringstream& cells) {
  std::string cell;
  std::getline(cells, cell, '|');
  const size_t first = std::min(cell.find_first_not_of(" `"), cell.size());
  return cell.substr(first, cell.find_last_not_of(" `") + 1 - first);
}

TEST(ComparingPage, shows_the_trees_that_bodies_are_read_as) {
  std::ifstream page("docs/COMPARING.md");
  bool table = false;
  int rows = 0;
  TreeReader reader;
  Document document;
  for (std::string line; std::getline(page, line);) {
    if (line == "| type | body | tree |") table = true;
    if (!line.starts_with("|")) table = false;
    if (!table || !line.starts_with("| `")) continue;
    std::istringstream cells(line.substr(1));
    const std::string type = next_cell(cells);
    std::string body = next_cell(cells);
    // A line of a table has no line ends.
    if (type == "application/x-ndjson") std::ranges::replace(body, ' ', '\n');
    ASSERT_EQ(reader.read(content_type_of(type, body), body, {}, {}, document), ReadStatus::ok)
        << line;
    EXPECT_EQ(testing::json_of(document), next_cell(cells)) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 5);
}

}  // namespace
}  // namespace gnomon::compare
