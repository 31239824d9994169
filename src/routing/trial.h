// What a ShadowTest says about comparing answers, ready for use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compare/body_capture.h"
#include "compare/endpoint_template.h"
#include "compare/proto_schema.h"
#include "compare/redaction_policy.h"
#include "compare/rules.h"
#include "verdict/settings.h"

namespace gnomon::routing {

struct Trial {
  std::string name;  // "<namespace>.<name>" of its ShadowTest
  // Kept of a body. Apart from the count of its holders, which comparers change, as workers look at
  // it for each request.
  alignas(64) uint64_t body_bytes = compare::BodyCapture::kDefaultLimit;
  compare::RuleBook rules;
  std::vector<std::string> rule_texts;  // for people, by a rule's index
  std::vector<compare::EndpointTemplate> endpoints;
  std::shared_ptr<const compare::ProtoSchema> schema;  // null: fields of gRPC by their numbers
  std::shared_ptr<const compare::RedactionPolicy> redaction;
  bool samples = true;  // whether answers that differ are kept for people to look at
  verdict::Settings settings;
  std::string version_header;  // of the candidate's answers; empty = there is none
  std::string candidate;       // what is on trial, as its operator says; may be empty
  // Of that, and of where the copies go.
  uint64_t candidate_digest = 0;
  // Of everything that evidence depends on, the candidate included: what was learnt under another
  // one says nothing here.
  uint64_t digest = 0;
};

}  // namespace gnomon::routing
