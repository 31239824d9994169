// What `gnomon run` was asked to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "http/server.h"

namespace gnomon::app {

struct Options {
  std::string config_path;
  std::string admin = "127.0.0.1:19000";
  std::string api;                     // where other machines may ask for verdicts; empty: nowhere
  std::vector<std::string> api_hosts;  // names that they may call it by
  std::optional<std::string> listen;   // replaces address and port of the only listener
  unsigned workers = 0;                // 0 = one per core this process may use
  std::string access_log;              // path, "-" for standard output, empty for none
  bool access_log_json = false;
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
  Millis drain_timeout{30'000};
  Millis shadow_grace{1'000};
  std::string store;  // of trials' evidence; empty = none
  unsigned compare_threads = 1;
  http::ServerSettings server;
};

}  // namespace gnomon::app
