#include "selfcheck/manifest.h"

#include "config/manifest_writer.h"

namespace gnomon::selfcheck {
namespace {

using config::ManifestWriter;
using Json = ManifestWriter::Json;

constexpr const char* kNamespace = "selfcheck";
constexpr const char* kHost = "127.0.0.1";

std::string primary_of(const Scenario& scenario) { return scenario.name + "-primary"; }
std::string candidate_of(const Scenario& scenario) { return scenario.name + "-candidate"; }

Json route(const ManifestWriter& out, const Scenario& scenario) {
  return {{"name", scenario.name},
          {"matchers", Json::array({{{"prefix", "/" + scenario.name + "/"}}})},
          {"routeAction", {{"single", {{"upstream", out.reference(primary_of(scenario))}}}}}};
}

// What a user would write who knows the service.
Json rules() {
  return Json::array({
      {{"path", "$.generatedAt"}, {"class", "timestamp"}},
      {{"path", "$.requestId"}, {"class", "uuid"}},
      {{"path", "$.tags"}, {"array", {{"mode", "set"}}}},
      {{"path", "$.pets"}, {"array", {{"key", "id"}}}},
      {{"path", "$.score"}, {"tolerance", {{"relative", 0.001}}}},
      {{"path", "header:etag"}, {"class", "etag"}},
      {{"path", "header:x-pod"}, {"regex", "pod-[0-9]+"}},
  });
}

// The margins of errors and answers are the usual ones. A busy machine shows in times, so these get
// wider ones. And FAIL by chance shall be rarer than one run in ten thousand.
Json verdict_settings() {
  return {{"alpha", 0.000001},
          {"latencyTolerance", 0.5},
          {"maxTailRise", 0.05},
          {"minRequests", 1000},
          {"minDuration", "0s"}};
}

void add_trial(ManifestWriter& out, const Scenario& scenario) {
  Json spec{
      {"target", {{"virtualService", kNamespace}, {"route", scenario.name}}},
      {"shadow", {{"upstream", out.reference(candidate_of(scenario))}, {"percentage", 100}}},
      {"control", {{"percentage", 100}}},
      {"compare",
       {{"mode", "strict"}, {"endpoints", Json::array({"/" + scenario.name + "/orders/{order}"})}}},
      {"verdict", verdict_settings()}};
  if (scenario.rules) spec["compare"]["rules"] = rules();
  if (scenario.fault == Fault::hung) spec["request"] = {{"timeout", "500ms"}};
  out.add("gnomon.dev/v1alpha1", "ShadowTest", scenario.name, std::move(spec));
}

}  // namespace

std::string manifest(std::span<const Stage> stages) {
  ManifestWriter out(kNamespace);
  out.add("gateway.solo.io/v1", "Gateway", kNamespace,
          {{"bindAddress", kHost}, {"bindPort", 0}, {"httpGateway", Json::object()}});
  Json routes = Json::array();
  for (const Stage& stage : stages) {
    routes.push_back(route(out, *stage.scenario));
    out.add_upstream(primary_of(*stage.scenario), kHost, stage.primary);
    out.add_upstream(candidate_of(*stage.scenario), kHost, stage.candidate);
    add_trial(out, *stage.scenario);
  }
  out.add("gateway.solo.io/v1", "VirtualService", kNamespace,
          {{"virtualHost", {{"domains", Json::array({"*"})}, {"routes", routes}}}});
  return out.text();
}

std::string trial_name(const Scenario& scenario) {
  return std::string(kNamespace) + "." + scenario.name;
}

}  // namespace gnomon::selfcheck
