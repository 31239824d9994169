// What is exported about trials: results, evidence, rulings, times, and how the store is.
#pragma once

#include "admin/exposition.h"
#include "trial/trial_book.h"

namespace gnomon::admin {

// Labels are bounded: trials, checks, and reasons that the program knows.
void write_trials(Exposition& out, const trial::TrialBook& trials);

}  // namespace gnomon::admin
