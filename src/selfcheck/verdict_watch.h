// Asks the gateway again and again what it thinks of the scenarios that are at work.
#pragma once

#include <memory>
#include <vector>

#include "net/timer.h"
#include "selfcheck/caller.h"
#include "selfcheck/scenario_run.h"

namespace gnomon::selfcheck {

class VerdictWatch {
 public:
  using Runs = std::vector<std::unique_ptr<ScenarioRun>>;

  // `runs` outlive it.
  VerdictWatch(const Wiring& wiring, const net::Address& admin, const Runs& runs);

  void start();

 private:
  // From that run on, one after another.
  void ask_from(size_t at);
  void on_answer(size_t at, const Caller::Answer& answer);

  const Runs& runs_;
  Caller admin_;
  net::Timer pause_;
};

}  // namespace gnomon::selfcheck
