// `gnomon explain -c PATH --host H --path P`: what would become of a request, and which lines of
// which files decide that.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gnomon::cli {

struct ExplainOptions {
  std::string path;  // of the configuration
  std::string host;
  std::string request_path = "/";
  std::string method = "GET";
  std::vector<std::string> headers;  // "name: value"
  std::string listener;              // its name or port; empty: every listener
  std::string output = "text";       // text or json
  bool json = false;                 // the same as output "json"
};

void add_explain_flags(CLI::App& verb, ExplainOptions& options);

// JSON: {"version": 1, "request": {"method", "host", "path"}, "listeners": [{"listener",
// "virtualService", "domain", "source", "virtualHostOptions", "route", "sent"}]}, where "route" is
// null if none matches, and otherwise as in the admin API's config dump. Returns 0 if some listener
// has a route, 1 if none has, 2 if the configuration or the request is bad.
int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err);

}  // namespace gnomon::cli
