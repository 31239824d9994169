// Two answers that differ, as people may see them: redacted before anybody else gets hold of them.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "compare/difference.h"
#include "compare/proto_schema.h"
#include "compare/redactor.h"
#include "shadow/trio.h"
#include "verdict/field_table.h"

namespace gnomon::trial {

struct Sample {
  uint64_t epoch = 0;
  verdict::FieldKey field;  // that it is a sample of
  WallTime at{};
  std::string body;  // JSON, as the API shows it
};

// The request, the answers and their differences as JSON. Bodies are cut to their beginnings.
// `control` is null where there was none. `schema` is what they were compared by, so that rules
// find the same names in them.
std::string describe(const compare::Redactor& redactor, const shadow::Trio& trio,
                     const std::string& endpoint, const compare::ProtoSchema* schema,
                     const compare::Result& candidate, const compare::Result* control);

}  // namespace gnomon::trial
