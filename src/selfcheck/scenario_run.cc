#include "selfcheck/scenario_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace gnomon::selfcheck {
namespace {

// On any machine that gets anything done a scenario takes seconds.
constexpr Millis kLimit{60'000};
constexpr Millis kLastAnswers{10'000};

const net::Address& any_port() {
  static const net::Address kAny = *net::Address::parse("127.0.0.1", 0);
  return kAny;
}

Backend::Role role_of(Fault fault, uint64_t seed, uint64_t noise, Ledger* ledger) {
  return {.stock = seed, .noise = noise, .fault = fault, .ledger = ledger};
}

}  // namespace

ScenarioRun::ScenarioRun(const Wiring& wiring, const Scenario& scenario, uint64_t seed)
    : wiring_(wiring),
      scenario_(scenario),
      seed_(seed),
      primary_(wiring, role_of(Fault::none, seed, seed + 1, &ledger_)),
      candidate_(wiring, role_of(scenario.fault, seed, seed + 2, nullptr)),
      limit_(wiring.loop.timers(), [this] { on_limit(); }) {
  result_.scenario = &scenario;
}

ScenarioRun::~ScenarioRun() = default;

std::expected<void, std::string> ScenarioRun::open() {
  if (auto opened = primary_.open(any_port()); !opened) return opened;
  if (scenario_.fault == Fault::refused) return closed_.take(any_port());
  return candidate_.open(any_port());
}

Stage ScenarioRun::stage() const noexcept {
  const bool refused = scenario_.fault == Fault::refused;
  return {&scenario_, primary_.port(), refused ? closed_.port() : candidate_.port()};
}

void ScenarioRun::begin(const net::Address& gateway, std::function<void()> done) {
  done_ = std::move(done);
  began_ = wiring_.loop.now();
  crowd_ = std::make_unique<Crowd>(wiring_, gateway, scenario_.name, seed_, ledger_);
  limit_.arm(kLimit);
  crowd_->allow(scenario_.ahead);
}

void ScenarioRun::on_verdict(const nlohmann::ordered_json& verdict) {
  if (concluding_) return;
  const Finding finding = judge(scenario_.expected, verdict);
  result_.found = finding.found;
  if (finding.state != Finding::State::open) return conclude(finding.missing);
  if (finding.found.settled >= scenario_.requests) return conclude(finding.missing);
  crowd_->allow(std::min(scenario_.requests, finding.found.settled + scenario_.ahead));
  // Until the next verdict this is why there is none to be content with.
  result_.problem = finding.missing;
}

void ScenarioRun::conclude(std::string problem) {
  concluding_ = true;
  result_.problem = std::move(problem);
  limit_.arm(kLastAnswers);
  crowd_->stop([this] { finish(); });
}

void ScenarioRun::on_limit() {
  if (concluding_) return give_up("a client was not answered");
  conclude(fmt::format("{} within {} s", result_.problem, kLimit.count() / 1000));
}

void ScenarioRun::give_up(std::string why) {
  if (finished_) return;
  result_.problem = std::move(why);
  finish();
}

void ScenarioRun::finish() {
  finished_ = true;
  limit_.cancel();
  if (crowd_ != nullptr) {
    result_.requests = crowd_->sent();
    result_.wrong_answers = crowd_->wrong();
    result_.took = wiring_.loop.now() - began_;
    if (result_.problem.empty()) result_.problem = live_problem();
  }
  result_.ok = result_.problem.empty();
  if (done_) done_();
}

// Whatever the candidate did, clients and the primary must not have noticed.
std::string ScenarioRun::live_problem() const {
  if (crowd_->wrong() > 0) {
    return fmt::format("{} clients did not get the primary's answer, the first: {}",
                       crowd_->wrong(), crowd_->first_wrong());
  }
  if (primary_.live_requests() != crowd_->sent() || ledger_.repeated() > 0) {
    return fmt::format("the primary got {} live requests where {} were sent",
                       primary_.live_requests(), crowd_->sent());
  }
  if (candidate_.live_requests() > 0) {
    return fmt::format("the candidate got {} live requests", candidate_.live_requests());
  }
  return "";
}

}  // namespace gnomon::selfcheck
