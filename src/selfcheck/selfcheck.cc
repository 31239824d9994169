#include "selfcheck/selfcheck.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "app/descriptors.h"

namespace gnomon::selfcheck {
namespace {

constexpr Millis kStartLimit{60'000};
constexpr Millis kStopLimit{20'000};
// Side by side the scenarios take some eight hundred, most of them for what a service that hangs is
// sent.
constexpr uint64_t kDescriptors = 1024;

net::Address local(uint16_t port) { return *net::Address::parse("127.0.0.1", port); }

}  // namespace

bool Report::green() const noexcept {
  return not_started.empty() && gateway_problem.empty() && !interrupted &&
         std::ranges::all_of(results, &Result::ok);
}

Selfcheck::Selfcheck(const Clock& clock, Settings settings)
    : clock_(clock),
      settings_(std::move(settings)),
      loop_(clock, poller_),
      signals_(loop_, {[this] { interrupt(); }, [this] { interrupt(); }, [] {}}),
      network_(loop_),
      wiring_{loop_, network_, read_buffer_},
      gateway_(loop_, folder_.path(),
               {[this] { on_ready(); }, [this](const std::string& how) { on_ended(how); }}),
      start_limit_(loop_.timers(), [this] { on_start_limit(); }),
      stop_limit_(loop_.timers(), [this] { gateway_.kill(); }) {}

Selfcheck::~Selfcheck() = default;

Report Selfcheck::run() {
  const TimePoint began = clock_.now();
  if (const auto begun = begin(); !begun) {
    report_.not_started = begun.error();
  } else {
    loop_.run();
  }
  for (const auto& run : runs_) {
    if (run->finished()) report_.results.push_back(run->result());
  }
  report_.took = clock_.now() - began;
  return std::move(report_);
}

std::expected<void, std::string> Selfcheck::begin() {
  if (const uint64_t limit = app::raise_descriptor_limit(); limit < kDescriptors) {
    return std::unexpected(
        fmt::format("only {} files may be open, {} are needed", limit, kDescriptors));
  }
  if (folder_.path().empty()) return std::unexpected("there is no place for a temporary folder");
  std::vector<Stage> stages;
  for (const Scenario* scenario : settings_.scenarios) {
    // Scenarios do not share a seed, nor one with the same scenario among others.
    const uint64_t seed = settings_.seed * 1000 + (scenario - all_scenarios().data()) * 10;
    runs_.push_back(std::make_unique<ScenarioRun>(wiring_, *scenario, seed));
    if (auto opened = runs_.back()->open(); !opened) return opened;
    stages.push_back(runs_.back()->stage());
  }
  const std::string path = folder_.path() + "/selfcheck.yaml";
  std::ofstream file(path);
  file << manifest(stages);
  file.close();
  if (!file) return std::unexpected("cannot write " + path);
  start_limit_.arm(kStartLimit);
  return gateway_.start(path);
}

void Selfcheck::on_ready() {
  ready_ = true;
  start_limit_.cancel();
  watch_ = std::make_unique<VerdictWatch>(wiring_, local(gateway_.admin_port()), runs_);
  watch_->start();
  begin_next();
}

void Selfcheck::on_start_limit() {
  report_.not_started = "it did not become ready in time";
  loop_.stop();
}

void Selfcheck::on_ended(const std::string& how) {
  if (!ready_) {
    report_.not_started = "it " + how + "\n" + gateway_.last_words();
  } else if (!stopping_ || !gateway_.ended_well()) {
    report_.gateway_problem = "the gateway " + how + "\n" + gateway_.last_words();
  }
  stopping_ = true;
  if (ready_) give_up("the gateway " + how);
  loop_.stop();
}

// Whoever has begun tells it himself.
void Selfcheck::give_up(const std::string& why) {
  for (const auto& run : runs_) {
    const bool waits = !run->active() && !run->finished();
    run->give_up(why);
    if (waits && settings_.on_result) settings_.on_result(run->result());
  }
}

// All that are not about times side by side; then, each alone, those that are.
void Selfcheck::begin_next() {
  if (stopping_ || std::ranges::any_of(runs_, [](const auto& run) { return run->active(); }))
    return;
  bool begun = false;
  for (const auto& run : runs_) {
    if (run->finished() || run->scenario().alone) continue;
    begin_run(*run);
    begun = true;
  }
  if (begun) return;
  const auto next = std::ranges::find_if(runs_, [](const auto& run) { return !run->finished(); });
  if (next == runs_.end()) return stop_gateway();
  begin_run(**next);
}

void Selfcheck::begin_run(ScenarioRun& run) {
  run.begin(local(gateway_.port()), [this, &run] { on_result(run); });
}

void Selfcheck::on_result(const ScenarioRun& run) {
  if (settings_.on_result) settings_.on_result(run.result());
  begin_next();
}

void Selfcheck::stop_gateway() {
  stopping_ = true;
  stop_limit_.arm(kStopLimit);
  gateway_.stop();
}

void Selfcheck::interrupt() {
  report_.interrupted = true;
  loop_.stop();
}

}  // namespace gnomon::selfcheck
