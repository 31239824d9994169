// `gnomon run`: from the command line to a running gateway.
#pragma once

#include <CLI/CLI.hpp>

#include "app/options.h"

namespace gnomon::cli {

// What the flags say, before it is checked.
struct RunFlags {
  app::Options options;
  std::string store;
  std::string access_log_format = "text";
  std::string log_format = "text";
  std::string log_level = "info";
  std::string drain_timeout = "30s";
  std::string shadow_grace = "1s";
  std::string header_timeout = "10s";
  std::string idle_timeout = "60s";
  std::string request_timeout = "300s";
  std::string stream_idle_timeout = "300s";
  std::string request_body_max = "0";
};

void add_run_flags(CLI::App& verb, RunFlags& flags);
// Those of them that do not concern the configuration and its addresses.
void add_serving_flags(CLI::App& verb, RunFlags& flags);
// Returns the exit code.
int run(RunFlags flags);

}  // namespace gnomon::cli
