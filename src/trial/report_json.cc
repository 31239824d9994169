#include "trial/report_json.h"

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "compare/limits.h"

namespace gnomon::trial {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// RFC 3339, in UTC.
std::string date_time(WallTime at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, length};
}

// JSON has no infinity.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json interval(const verdict::Interval& from) { return {number(from.low), number(from.high)}; }

Json quantile(const verdict::Quantiles& from) {
  const auto millis = [](double us) { return number(us / 1000); };
  return {{"ms", millis(static_cast<double>(from.value_us))},
          {"withinMs", {millis(from.within_us.low), millis(from.within_us.high)}}};
}

Json times(const verdict::TimeEvidence& from) {
  const auto arm = [](const verdict::ArmTimes& each) {
    return Json{{"p50", quantile(each.p50)}, {"p99", quantile(each.p99)}};
  };
  return {{"candidate", arm(from.candidate)},
          {"control", arm(from.control)},
          {"thresholdMs", static_cast<double>(from.threshold_us) / 1000}};
}

Json counts(const verdict::Discordance& from) {
  return {{"candidateOnly", from.candidate}, {"controlOnly", from.control}, {"both", from.both}};
}

Json check(const verdict::CheckEvidence& from) {
  return {{"check", to_string(from.check)},
          {"enabled", from.enabled},
          {"proven", from.proven},
          {"weight", from.weight},
          {"pairs", from.pairs.n},
          {"counts", counts(from.pairs.lost)},
          {"logEvidenceFail", number(from.log_e_fail)},
          {"logEvidencePass", number(from.log_e_pass)},
          {"excess", number(from.excess)},
          {"excessWithin", interval(from.excess_within)}};
}

Json field(const verdict::FieldEvidence& from) {
  const verdict::Field& counted = from.field;
  return {{"endpoint", counted.key.endpoint},
          {"path", counted.key.path},
          {"kind", counted.key.kind},
          {"count", counted.count.candidate + counted.count.both + counted.unpaired},
          {"noise", counted.count.control + counted.count.both},
          {"counts", counts(counted.count)},
          {"unpaired", counted.unpaired},
          {"logEvidence", number(from.log_e)},
          {"proven", from.proven},
          {"selected", from.selected}};
}

Json fields(const verdict::Verdict& verdict, size_t most) {
  Json list = Json::array();
  for (const verdict::FieldEvidence& each : verdict.fields) {
    if (list.size() == most) break;
    list.push_back(field(each));
  }
  return list;
}

Json endpoints(const verdict::Verdict& verdict, size_t most) {
  Json list = Json::array();
  for (const verdict::EndpointEvidence& each : verdict.endpoints) {
    if (list.size() == most) break;
    const verdict::EndpointCount& count = each.count;
    list.push_back({{"endpoint", each.name},
                    {"sampled", count.sampled},
                    {"compared", count.compared},
                    {"excluded", count.excluded},
                    {"differed", count.differed},
                    {"failedAlone", each.failed_alone},
                    {"failed",
                     {{"candidate", count.failures.candidate},
                      {"live", count.failures.live},
                      {"control", count.failures.control}}}});
  }
  return list;
}

Json coverage(const verdict::Coverage& from, const verdict::Tally& excluded) {
  Json reasons = Json::object();
  for (const auto& [reason, times] : excluded.counts()) reasons[reason] = times;
  return {{"seen", from.seen},
          {"sampled", from.sampled},
          {"compared", from.compared},
          {"share", number(from.share)},
          {"differentRequests", from.requests},
          {"busiestClientShare", number(from.client_share)},
          {"excluded", reasons},
          {"excludedShare", number(from.exclusion.share())},
          {"missingEndpoints", from.missing_endpoints}};
}

// By limit: comparisons of the candidate that reached it, of all with the live answer, and of the
// control. Those that memory was too short for are comparisons too, and may be the only ones.
Json limits(const TrialRun::View& view) {
  const auto of = [&](verdict::Leg leg) -> const verdict::Tally& {
    return view.limits[static_cast<size_t>(leg)];
  };
  const uint64_t all = view.differing.n + view.unread;
  Json out = Json::object();
  for (const std::string_view name : compare::kLimitNames) {
    const uint64_t count = of(verdict::Leg::candidate).of(name);
    const uint64_t control = of(verdict::Leg::control).of(name);
    if (count + control == 0) continue;
    const double share = all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
    out[std::string(name)] = {{"count", count}, {"share", share}, {"control", control}};
  }
  return out;
}

Json heading(const std::string& name, const TrialRun::View& view) {
  const verdict::Verdict& verdict = view.verdict;
  return {{"test", name},
          {"ruling", to_string(verdict.ruling)},
          {"reason", verdict.reason},
          {"change", verdict.change},
          {"elapsedSeconds", to_seconds(view.elapsed)},
          {"kept", view.keeping.works},
          {"notKeptBecause", view.keeping.trouble},
          {"epoch",
           {{"number", view.epoch.number},
            {"began", date_time(view.epoch.began)},
            {"cause", view.epoch.cause},
            {"version", view.epoch.version},
            {"candidate", view.candidate}}}};
}

}  // namespace

std::string summary_json(const std::string& name, const TrialRun::View& view) {
  Json out = heading(name, view);
  out["compared"] = view.verdict.coverage.compared;
  return dump(out);
}

std::string verdict_json(const std::string& name, const TrialRun::View& view,
                         const AskedCandidate& asked) {
  constexpr size_t kFieldsShown = 20;
  constexpr size_t kEndpointsShown = 50;
  const verdict::Verdict& verdict = view.verdict;
  Json out = heading(name, view);
  out["logEvidenceFail"] = number(verdict.log_e_fail);
  out["needed"] = {{"fail", number(verdict.needed_fail)}, {"pass", number(verdict.needed_pass)}};
  out["coverage"] = coverage(verdict.coverage, view.excluded);
  out["checks"] = Json::array();
  for (const verdict::CheckEvidence& each : verdict.checks) out["checks"].push_back(check(each));
  out["fields"] = fields(verdict, kFieldsShown);
  out["endpoints"] = endpoints(verdict, kEndpointsShown);
  out["endpointsInAll"] = verdict.endpoints.size();
  out["times"] = {{"firstByte", times(verdict.first_byte)}, {"total", times(verdict.total)}};
  Json rules = Json::array();
  for (const RuleLine& rule : view.rules) {
    rules.push_back({{"path", rule.path},
                     {"selected", rule.counts.selected},
                     {"excused", rule.counts.excused}});
  }
  out["rules"] = std::move(rules);
  Json outcomes = Json::object();
  static constexpr std::array kLegNames = {"live", "candidate", "control"};
  for (size_t i = 0; i < kLegNames.size(); ++i) {
    Json leg = Json::object();
    for (const auto& [outcome, times] : view.outcomes[i].counts()) leg[outcome] = times;
    outcomes[kLegNames[i]] = std::move(leg);
  }
  out["outcomes"] = std::move(outcomes);
  out["limits"] = limits(view);
  if (!asked.name.empty()) {
    out["asked"] = {{"candidate", asked.name}, {"onTrial", asked.on_trial}};
  }
  return dump(out);
}

std::string differences_json(const std::string& name, const TrialRun::View& view, size_t most) {
  Json out = heading(name, view);
  out["fields"] = fields(view.verdict, most);
  out["total"] = view.verdict.fields.size();
  return dump(out);
}

}  // namespace gnomon::trial
