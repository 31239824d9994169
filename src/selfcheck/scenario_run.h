// One scenario at work: its two services, its clients, and what the verdict comes to.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "net/timer.h"
#include "selfcheck/backend.h"
#include "selfcheck/closed_port.h"
#include "selfcheck/crowd.h"
#include "selfcheck/ledger.h"
#include "selfcheck/manifest.h"
#include "selfcheck/scenario.h"

namespace gnomon::selfcheck {

struct Result {
  const Scenario* scenario = nullptr;
  bool ok = false;
  Found found;
  std::string problem;    // in words; empty when it is as expected
  uint64_t requests = 0;  // of clients
  uint64_t wrong_answers = 0;
  Duration took{};
};

class ScenarioRun {
 public:
  ScenarioRun(const Wiring& wiring, const Scenario& scenario, uint64_t seed);
  ~ScenarioRun();
  ScenarioRun(const ScenarioRun&) = delete;
  ScenarioRun& operator=(const ScenarioRun&) = delete;

  // Before the gateway is started. The error's text is for people.
  std::expected<void, std::string> open();
  Stage stage() const noexcept;
  const Scenario& scenario() const noexcept { return scenario_; }

  // `done` is called once, when there is a result.
  void begin(const net::Address& gateway, std::function<void()> done);
  // It has begun and has no result yet.
  bool active() const noexcept { return crowd_ != nullptr && !finished_; }
  bool finished() const noexcept { return finished_; }
  void on_verdict(const nlohmann::ordered_json& verdict);
  // There will be no further verdict, nor an answer.
  void give_up(std::string why);
  const Result& result() const noexcept { return result_; }

 private:
  void conclude(std::string problem);
  void on_limit();
  void finish();
  std::string live_problem() const;

  Wiring wiring_;
  const Scenario& scenario_;
  const uint64_t seed_;
  Ledger ledger_;
  Backend primary_;
  Backend candidate_;
  ClosedPort closed_;
  std::unique_ptr<Crowd> crowd_;
  std::function<void()> done_;
  net::Timer limit_;
  TimePoint began_{};
  Result result_;
  bool concluding_ = false;
  bool finished_ = false;
};

}  // namespace gnomon::selfcheck
