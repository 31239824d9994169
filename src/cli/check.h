// `gnomon check PATH`: says everything that is wrong with a configuration, without serving it.
#pragma once

#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace gnomon::cli {

struct CheckOptions {
  std::string path;
  bool json = false;
  bool color = false;
  bool strict = false;   // warnings fail the check as well
  bool verbose = false;  // also name what was skipped because it belongs to other programs
};

void add_check_flags(CLI::App& verb, CheckOptions& options);

// Problems go to `err`, the summary to `out`. With `json` all of it is one object on `out`:
//   {"version": 1, "ok": bool, "errors": n, "warnings": n,
//    "kinds": [{"kind", "name", "total", "broken"}],
//    "problems": [{"severity", "message", "file", "line", "column", "field", "hint"}]}
// whose severity is "error", "warning" or "note"; line 0 stands for the file as a whole.
// Returns 0 if the configuration can be served, 2 if not.
int check(const CheckOptions& options, std::ostream& out, std::ostream& err);

}  // namespace gnomon::cli
