#include "cli/selfcheck_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;
using selfcheck::Expectation;
using selfcheck::FieldName;
using selfcheck::Report;
using selfcheck::Result;
using selfcheck::Scenario;

double seconds(Duration time) { return to_seconds(time); }

double rounded(Duration time) { return std::round(seconds(time) * 1000) / 1000; }

Json fields_json(const std::set<FieldName>& fields) {
  Json list = Json::array();
  for (const FieldName& field : fields) {
    list.push_back({{"endpoint", field.endpoint}, {"path", field.path}, {"kind", field.kind}});
  }
  return list;
}

const char* wanted_word(const Expectation& expected) {
  switch (expected.wanted) {
    case selfcheck::Wanted::pass:
      return "PASS";
    case selfcheck::Wanted::no_fail:
      return "not FAIL";
    case selfcheck::Wanted::fail:
      break;
  }
  return "FAIL";
}

Json result_json(const Result& result) {
  const Expectation& expected = result.scenario->expected;
  return {{"name", result.scenario->name},
          {"title", result.scenario->title},
          {"ok", result.ok},
          {"problem", result.problem},
          {"expected",
           {{"ruling", wanted_word(expected)},
            {"checks", expected.checks},
            {"fields", fields_json(expected.fields)}}},
          {"found",
           {{"ruling", result.found.ruling},
            {"checks", result.found.checks},
            {"fields", fields_json(result.found.fields)}}},
          {"requests", result.requests},
          {"comparisons", result.found.compared},
          {"wrongAnswers", result.wrong_answers},
          {"seconds", rounded(result.took)}};
}

}  // namespace

SelfcheckTable::SelfcheckTable(std::span<const Scenario* const> scenarios) {
  for (const Scenario* each : scenarios) {
    name_width_ = std::max(name_width_, each->name.size());
    text_width_ = std::max(text_width_, in_words(each->expected).size());
  }
}

std::string SelfcheckTable::heading() const {
  return fmt::format("        {:<{}}  {:<{}}  {:<{}}  REQUESTS    TIME\n", "SCENARIO", name_width_,
                     "EXPECTED", text_width_, "FOUND", text_width_);
}

std::string SelfcheckTable::line(const Result& result) const {
  const Expectation& expected = result.scenario->expected;
  const std::string found = in_words(expected, result.found);
  std::string text = fmt::format("{:<6}  {:<{}}  {:<{}}  {:<{}}  {:>8}  {:>4.1f} s\n",
                                 result.ok ? "ok" : "NOT OK", result.scenario->name, name_width_,
                                 in_words(expected), text_width_, found.empty() ? "nothing" : found,
                                 text_width_, result.requests, seconds(result.took));
  if (!result.ok) text += fmt::format("        {}: {}\n", result.scenario->title, result.problem);
  return text;
}

std::string selfcheck_summary(const Report& report) {
  const auto good = std::ranges::count_if(report.results, &Result::ok);
  uint64_t requests = 0;
  uint64_t wrong = 0;
  for (const Result& each : report.results) {
    requests += each.requests;
    wrong += each.wrong_answers;
  }
  std::string text = fmt::format("\n{} of {} as expected, in {:.1f} s. ", good,
                                 report.results.size(), seconds(report.took));
  text += wrong == 0
              ? fmt::format("Each of {} clients' requests got the primary's answer.\n", requests)
              : fmt::format("{} of {} clients' requests did not get the primary's answer.\n", wrong,
                            requests);
  return text;
}

std::string selfcheck_json(const Report& report, uint64_t seed) {
  Json out{{"green", report.green()}, {"seed", seed}, {"seconds", rounded(report.took)}};
  if (!report.not_started.empty()) out["notStarted"] = report.not_started;
  if (!report.gateway_problem.empty()) out["gatewayProblem"] = report.gateway_problem;
  out["scenarios"] = Json::array();
  for (const Result& each : report.results) out["scenarios"].push_back(result_json(each));
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string selfcheck_list(std::span<const Scenario* const> scenarios) {
  size_t name = 0;
  size_t expected = 0;
  for (const Scenario* each : scenarios) {
    name = std::max(name, each->name.size());
    expected = std::max(expected, in_words(each->expected).size());
  }
  std::string text;
  for (const Scenario* each : scenarios) {
    text += fmt::format("{:<{}}  {:<{}}  {}\n", each->name, name, in_words(each->expected),
                        expected, each->title);
  }
  return text;
}

}  // namespace gnomon::cli
