// For tests: requests and answers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "compare/redaction_key.h"
#include "compare/redaction_policy.h"
#include "routing/trial.h"
#include "shadow/trio.h"

namespace gnomon::trial::testing {

inline std::shared_ptr<routing::Trial> make_plan(std::string name = "ns.trial") {
  auto plan = std::make_shared<routing::Trial>();
  plan->name = std::move(name);
  plan->digest = 7;
  plan->redaction = *compare::RedactionPolicy::compile({}, compare::RedactionMode::rules);
  plan->settings.min_requests = 1;
  plan->settings.min_duration = Duration::zero();
  plan->settings.control = false;
  return plan;
}

inline compare::Answer json_answer(std::string_view body, uint16_t status = 200) {
  compare::Answer answer;
  answer.status = status;
  answer.headers.add("content-type", "application/json");
  answer.body.append(Chunk::copy_of(body));
  return answer;
}

inline std::unique_ptr<shadow::Trio> make_trio(const std::shared_ptr<const routing::Trial>& plan,
                                               std::string_view path, std::string_view live,
                                               std::string_view candidate) {
  auto trio = std::make_unique<shadow::Trio>();
  trio->trial = plan;
  trio->request.path = trio->request.headers.intern(path);
  trio->of(shadow::Leg::live) = json_answer(live);
  trio->of(shadow::Leg::candidate) = json_answer(candidate);
  return trio;
}

inline constexpr compare::RedactionKey::Bytes kSecret{1, 2, 3};

}  // namespace gnomon::trial::testing
