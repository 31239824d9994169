// From what a ShadowTest says about comparing to rules that are ready for use.
#pragma once

#include <memory>

#include "config/shadow_test_spec.h"
#include "routing/build_context.h"
#include "routing/trial.h"

namespace gnomon::routing {

// Whether the answers of the test's copies are looked at.
bool compares(const config::ShadowTest& test) noexcept;

// `policy` says where the copies go. What is wrong with the rules is reported, and null is
// returned.
std::shared_ptr<const Trial> build_trial(BuildContext& context, const config::ShadowTest& test,
                                         const ShadowPolicy& policy);

}  // namespace gnomon::routing
