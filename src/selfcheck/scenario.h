// What is tried out: two versions of a service, and what the verdict about them has to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "selfcheck/expectation.h"
#include "selfcheck/fault.h"

namespace gnomon::selfcheck {

struct Scenario {
  std::string name;   // also the first segment of its paths
  std::string title;  // for people
  Fault fault = Fault::none;
  Expectation expected;
  bool rules = true;          // its trial excuses the noise by rules, as a user would
  bool alone = false;         // it is about times: nothing else runs beside it
  uint64_t ahead = 200;       // requests that may be sent before it is known what became of them
  uint64_t requests = 8'000;  // no more are sent
};

// In the order in which they are shown.
const std::vector<Scenario>& all_scenarios();

}  // namespace gnomon::selfcheck
