// Turns the counters of workers, which only ever grow, into what is new about each trial.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>

#include "shadow/shadow_stats.h"
#include "trial/traffic.h"

namespace gnomon::trial {

class TrafficMeter {
 public:
  // By the trial's name: what has been counted since the last call, all workers together. A shadow
  // that was forgotten and made again counts from zero.
  std::map<std::string, Traffic> read(std::span<const shadow::ShadowRegistry* const> workers);

 private:
  struct Totals {
    uint64_t requests = 0;
    std::array<uint64_t, shadow::kReasons> dropped{};
    std::array<uint64_t, shadow::kUncomparedNames.size()> uncompared{};
  };

  static Traffic since(const Totals& before, const Totals& now);

  std::map<std::string, Totals> before_;
};

}  // namespace gnomon::trial
