// `gnomon verdict`: what a running gateway says about the version under trial.
#pragma once

#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace gnomon::cli {

struct VerdictOptions {
  std::string test;  // may be empty where there is only one
  std::string admin = "127.0.0.1:19000";
  std::string candidate;    // that has to be on trial; empty: whatever is
  std::string wait = "0s";  // for PASS or FAIL
  std::string format = "text";
};

void add_verdict_flags(CLI::App& verb, VerdictOptions& options);

// Exit code: 0 PASS, 1 FAIL, 2 there is no such test, 3 UNDECIDED or NODATA, 4 unreachable.
int verdict(const VerdictOptions& options, std::ostream& out, std::ostream& err);

}  // namespace gnomon::cli
