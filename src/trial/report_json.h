// Trials as the API shows them.
#pragma once

#include <string>

#include "store/records.h"
#include "trial/asked_candidate.h"
#include "trial/trial_run.h"

namespace gnomon::trial {

// One line of a list of trials.
std::string summary_json(const std::string& name, const TrialRun::View& view);
// The verdict with its evidence.
std::string verdict_json(const std::string& name, const TrialRun::View& view,
                         const AskedCandidate& asked = {});
// Fields that differ, the strongest evidence first.
std::string differences_json(const std::string& name, const TrialRun::View& view, size_t most);

}  // namespace gnomon::trial
