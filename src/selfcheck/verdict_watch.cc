#include "selfcheck/verdict_watch.h"

#include <nlohmann/json.hpp>

namespace gnomon::selfcheck {
namespace {

constexpr Millis kPause{100};

}  // namespace

VerdictWatch::VerdictWatch(const Wiring& wiring, const net::Address& admin, const Runs& runs)
    : runs_(runs), admin_(wiring, admin), pause_(wiring.loop.timers(), [this] { ask_from(0); }) {}

void VerdictWatch::start() { ask_from(0); }

void VerdictWatch::ask_from(size_t at) {
  while (at < runs_.size() && !runs_[at]->active()) ++at;
  if (at == runs_.size()) return pause_.arm(kPause);
  admin_.get("/api/v1/tests/" + trial_name(runs_[at]->scenario()) + "/verdict", "",
             [this, at](const Caller::Answer& answer) { on_answer(at, answer); });
}

// Without an answer there is another try.
void VerdictWatch::on_answer(size_t at, const Caller::Answer& answer) {
  const auto verdict = nlohmann::ordered_json::parse(answer.body, nullptr, false);
  if (answer.status == 200 && verdict.is_object() && runs_[at]->active()) {
    runs_[at]->on_verdict(verdict);
  }
  ask_from(at + 1);
}

}  // namespace gnomon::selfcheck
