#include "config/faults.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<FaultAbort>& s) {
  s.field("percentage", &FaultAbort::percentage, in_range(0.0F, 100.0F));
  s.field("httpStatus", &FaultAbort::status, kRequired, in_range<uint16_t>(200, 599));
}

void describe(Schema<FaultDelay>& s) {
  s.field("percentage", &FaultDelay::percentage, in_range(0.0F, 100.0F));
  s.field("fixedDelay", &FaultDelay::fixed, kRequired, kPositive);
}

void describe(Schema<Faults>& s) {
  s.field("abort", &Faults::abort);
  s.field("delay", &Faults::delay);
}

}  // namespace gnomon::config
