// A question about one candidate by its name: a verdict over another one is none.
#pragma once

#include <string>

#include "trial/trial_run.h"

namespace gnomon::trial {

struct AskedCandidate {
  std::string name;  // empty: whatever is on trial
  bool on_trial = true;
};

// `view` as it is for who asks about that candidate: undecided while it is not on trial.
AskedCandidate ask_about(std::string name, TrialRun::View& view);

}  // namespace gnomon::trial
