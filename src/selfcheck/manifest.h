// The gateway's configuration: a route, a primary, a candidate and a trial for each scenario.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "selfcheck/scenario.h"

namespace gnomon::selfcheck {

struct Stage {
  const Scenario* scenario = nullptr;
  uint16_t primary = 0;  // ports
  uint16_t candidate = 0;
};

std::string manifest(std::span<const Stage> stages);

// The trial's name in the API.
std::string trial_name(const Scenario& scenario);

}  // namespace gnomon::selfcheck
