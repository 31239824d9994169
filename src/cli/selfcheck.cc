#include "cli/selfcheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

#include "cli/selfcheck_text.h"
#include "selfcheck/selfcheck.h"

namespace gnomon::cli {
namespace {

using selfcheck::Report;
using selfcheck::Result;
using selfcheck::Scenario;

constexpr int kGreen = 0;
constexpr int kRed = 1;
constexpr int kUsage = 2;
constexpr int kNotStarted = 4;
constexpr int kInterrupted = 130;

// In their usual order; or the name that is none.
std::expected<std::vector<const Scenario*>, std::string> chosen(
    const std::vector<std::string>& names) {
  std::vector<const Scenario*> found;
  for (const Scenario& each : selfcheck::all_scenarios()) {
    if (names.empty() || std::ranges::find(names, each.name) != names.end()) found.push_back(&each);
  }
  for (const std::string& name : names) {
    if (std::ranges::none_of(found, [&](const Scenario* each) { return each->name == name; })) {
      return std::unexpected(name);
    }
  }
  return found;
}

int exit_code(const Report& report) {
  if (report.interrupted) return kInterrupted;
  if (!report.not_started.empty()) return kNotStarted;
  return report.green() ? kGreen : kRed;
}

void complain(const Report& report, std::ostream& err) {
  if (report.interrupted) err << "gnomon: interrupted\n";
  if (!report.not_started.empty()) {
    err << "gnomon: the gateway cannot be started: " << report.not_started << "\n";
  }
  if (!report.gateway_problem.empty()) err << "gnomon: " << report.gateway_problem << "\n";
}

}  // namespace

void add_selfcheck_flags(CLI::App& verb, SelfcheckOptions& options) {
  verb.add_option("--only", options.only, "Only the scenario of this name; may be repeated")
      ->take_all();
  verb.add_flag("--list", options.list, "Name the scenarios and end");
  verb.add_option("--seed", options.seed, "Of requests, noise and faults")->capture_default_str();
  verb.add_flag("--json", options.json, "One JSON object on standard output");
  verb.footer(
      "Starts a gateway of its own with two small services behind it, on loopback addresses and "
      "in\n"
      "a temporary folder, and looks whether its verdicts are right: PASS for equal versions, "
      "FAIL\n"
      "by the right cause for each of many faults, and clients that notice none of them.\n"
      "\n"
      "Examples:\n"
      "  gnomon selfcheck\n"
      "  gnomon selfcheck --only equal --only slow-tail --seed 7\n"
      "  gnomon selfcheck --json | jq '.scenarios[] | select(.ok | not)'\n"
      "\n"
      "Exit codes: 0 all is as expected, 1 a scenario is not, 2 there is no such scenario, 4 the\n"
      "gateway cannot be started.");
}

int selfcheck(const SelfcheckOptions& options, std::ostream& out, std::ostream& err) {
  const auto scenarios = chosen(options.only);
  if (!scenarios) {
    err << fmt::format("gnomon: there is no scenario \"{}\"; --list names them\n",
                       scenarios.error());
    return kUsage;
  }
  if (options.list) {
    out << selfcheck_list(*scenarios);
    return kGreen;
  }
  const SelfcheckTable table(*scenarios);
  selfcheck::Settings settings{.seed = options.seed, .scenarios = *scenarios};
  if (!options.json) {
    out << table.heading() << std::flush;
    settings.on_result = [&](const Result& result) { out << table.line(result) << std::flush; };
  }
  const SystemClock clock;
  const Report report = selfcheck::Selfcheck(clock, std::move(settings)).run();
  complain(report, err);
  if (options.json) {
    out << selfcheck_json(report, options.seed);
  } else if (!report.results.empty()) {
    out << selfcheck_summary(report);
  }
  return exit_code(report);
}

}  // namespace gnomon::cli
