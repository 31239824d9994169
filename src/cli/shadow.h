// `gnomon shadow`: a trial without a configuration file.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/run.h"

namespace gnomon::cli {

struct ShadowOptions {
  RunFlags run;
  std::string listen = ":8080";
  std::string primary;
  std::string candidate;
  double percentage = 100;
  double control = 100;
  std::string sticky;               // "cookie:NAME", "header:NAME" or "address"
  std::vector<std::string> ignore;  // paths of rules
};

void add_shadow_flags(CLI::App& verb, ShadowOptions& options);
// Serves until it is told to stop. Returns the exit code.
int shadow(ShadowOptions options);

// The configuration that the flags stand for, or what is wrong with them.
std::expected<std::string, std::string> shadow_manifest(const ShadowOptions& options);

}  // namespace gnomon::cli
