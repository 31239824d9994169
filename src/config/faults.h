// options.faults: answers and delays that are made up, to see how clients take them.
#pragma once

#include <cstdint>
#include <optional>

#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

struct FaultAbort {
  float percentage = 0;
  uint16_t status = 0;
};

struct FaultDelay {
  float percentage = 0;
  Duration fixed{};
};

struct Faults {
  std::optional<FaultAbort> abort;
  std::optional<FaultDelay> delay;
};

void describe(Schema<FaultAbort>& s);
void describe(Schema<FaultDelay>& s);
void describe(Schema<Faults>& s);

}  // namespace gnomon::config
