// `gnomon selfcheck`: whether this build, on this machine, sees what it claims to see.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace gnomon::cli {

struct SelfcheckOptions {
  std::vector<std::string> only;  // names of scenarios; empty: all
  uint64_t seed = 1;
  bool list = false;
  bool json = false;
};

void add_selfcheck_flags(CLI::App& verb, SelfcheckOptions& options);
// Exit code: 0 all is as expected, 1 a scenario is not, 2 there is no such scenario, 4 the gateway
// cannot be started, 130 interrupted.
int selfcheck(const SelfcheckOptions& options, std::ostream& out, std::ostream& err);

}  // namespace gnomon::cli
