#include "selfcheck/manifest.h"

#include <nlohmann/json.hpp>

namespace gnomon::selfcheck {
namespace {

// JSON is YAML, and leaves no doubt about quoting.
using Json = nlohmann::ordered_json;

constexpr const char* kNamespace = "selfcheck";
constexpr const char* kHost = "127.0.0.1";

Json resource(const char* api, const char* kind, const std::string& name, Json spec) {
  return {{"apiVersion", api},
          {"kind", kind},
          {"metadata", {{"name", name}, {"namespace", kNamespace}}},
          {"spec", std::move(spec)}};
}

Json reference(const std::string& name) { return {{"name", name}, {"namespace", kNamespace}}; }

std::string primary_of(const Scenario& scenario) { return scenario.name + "-primary"; }
std::string candidate_of(const Scenario& scenario) { return scenario.name + "-candidate"; }

Json upstream(const std::string& name, uint16_t port) {
  const Json hosts = Json::array({{{"addr", kHost}, {"port", port}}});
  return resource("gloo.solo.io/v1", "Upstream", name, {{"static", {{"hosts", hosts}}}});
}

Json route(const Scenario& scenario) {
  return {{"name", scenario.name},
          {"matchers", Json::array({{{"prefix", "/" + scenario.name + "/"}}})},
          {"routeAction", {{"single", {{"upstream", reference(primary_of(scenario))}}}}}};
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

Json trial(const Scenario& scenario) {
  Json spec{
      {"target", {{"virtualService", kNamespace}, {"route", scenario.name}}},
      {"shadow", {{"upstream", reference(candidate_of(scenario))}, {"percentage", 100}}},
      {"control", {{"percentage", 100}}},
      {"compare",
       {{"mode", "strict"}, {"endpoints", Json::array({"/" + scenario.name + "/orders/{order}"})}}},
      {"verdict", verdict_settings()}};
  if (scenario.rules) spec["compare"]["rules"] = rules();
  if (scenario.fault == Fault::hung) spec["request"] = {{"timeout", "500ms"}};
  return resource("gnomon.dev/v1alpha1", "ShadowTest", scenario.name, std::move(spec));
}

}  // namespace

std::string manifest(std::span<const Stage> stages) {
  std::string text;
  const auto add = [&text](const Json& each) { text += "---\n" + each.dump(2) + "\n"; };
  add(resource("gateway.solo.io/v1", "Gateway", kNamespace,
               {{"bindAddress", kHost}, {"bindPort", 0}, {"httpGateway", Json::object()}}));
  Json routes = Json::array();
  for (const Stage& stage : stages) {
    routes.push_back(route(*stage.scenario));
    add(upstream(primary_of(*stage.scenario), stage.primary));
    add(upstream(candidate_of(*stage.scenario), stage.candidate));
    add(trial(*stage.scenario));
  }
  add(resource("gateway.solo.io/v1", "VirtualService", kNamespace,
               {{"virtualHost", {{"domains", Json::array({"*"})}, {"routes", routes}}}}));
  return text;
}

std::string trial_name(const Scenario& scenario) {
  return std::string(kNamespace) + "." + scenario.name;
}

}  // namespace gnomon::selfcheck
