// `gnomon get vs|us|rt|ug PATH`: what a configuration holds, in the tables of glooctl and with the
// shadowing that those leave out.
#pragma once

#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace gnomon::cli {

struct GetOptions {
  std::string kind;  // as given on the command line: vs, virtualservice, us, ...
  std::string path;
  std::string name;              // only this resource; empty: all
  std::string name_space;        // only those of this namespace; empty: all
  std::string output = "table";  // table, wide, yaml, json
};

void add_get_flags(CLI::App& verb, GetOptions& options);

// JSON is a list of the resources as they were written; YAML has one document for each. Returns 0,
// 1 if nothing of that name is there, 2 if nothing could be read.
int get(const GetOptions& options, std::ostream& out, std::ostream& err);

}  // namespace gnomon::cli
