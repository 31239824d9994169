// What `gnomon diff` has found, as a table for people and as JSON.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "compare/difference.h"

namespace gnomon::cli {

struct DiffReport {
  compare::Result result;
  std::vector<std::string> rules;         // paths, by the index that an excused difference names
  std::vector<std::string> unused_rules;  // paths of those that led to nothing
  std::vector<std::string> notes;         // what else one should know
};

void print_diff_json(const DiffReport& report, std::ostream& out);
void print_diff_text(const DiffReport& report, std::ostream& out);
// Rules that matched nothing, and the notes.
void print_diff_notes(const DiffReport& report, std::ostream& err);

}  // namespace gnomon::cli
