// One candidate under one set of rules: what evidence is about. A new one of either begins a new
// epoch, and the old evidence counts no more.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace gnomon::trial {

struct Epoch {
  uint64_t number = 1;
  WallTime began{};
  std::string cause;    // why it began, for people
  std::string version;  // of the candidate, as its answers say; empty while it is not known
  uint64_t rules = 0;   // digest of what is compared how, and of the candidate as configured
  Duration before{};    // on trial in earlier runs of the process
};

}  // namespace gnomon::trial
