// `gnomon diff`: compares two files, or two HTTP messages, as a trial would.
#pragma once

#include <iosfwd>
#include <string>

#include "cli/diff_rules.h"

namespace CLI {
class App;
}

namespace gnomon::cli {

struct DiffOptions {
  std::string left;
  std::string right;
  std::string type;     // Content-Type of files that do not say theirs
  std::string request;  // "[METHOD] PATH" of what was answered
  RuleFlags rules;
  bool json = false;
};

void add_diff_flags(CLI::App& verb, DiffOptions& options);

// Exit code: 0 equal, 1 different, 2 a file or a rule cannot be read.
int diff(const DiffOptions& options, std::ostream& out, std::ostream& err);

}  // namespace gnomon::cli
