#include "selfcheck/scenario.h"

#include <fmt/format.h>

#include <utility>

namespace gnomon::selfcheck {
namespace {

// Where a field is that has a fault.
enum class Where : uint8_t { pet, order };

// The path of a pet is learnt, that of an order is named by the trial.
std::string endpoint(std::string_view scenario, Where where) {
  const char* const rest = where == Where::pet ? "pets/{}" : "orders/{order}";
  return fmt::format("GET /{}/{}", scenario, rest);
}

struct Place {
  Where where;
  const char* path;
  const char* kind;
};

Scenario make(std::string name, std::string title, Fault fault, Wanted wanted) {
  Scenario scenario;
  scenario.name = std::move(name);
  scenario.title = std::move(title);
  scenario.fault = fault;
  scenario.expected.wanted = wanted;
  scenario.expected.endpoint_prefix = fmt::format("GET /{}/", scenario.name);
  return scenario;
}

Scenario differs(std::string name, std::string title, Fault fault,
                 const std::vector<Place>& places) {
  Scenario scenario = make(std::move(name), std::move(title), fault, Wanted::fail);
  scenario.expected.checks = {"mismatch"};
  for (const Place& each : places) {
    scenario.expected.fields.insert({endpoint(scenario.name, each.where), each.path, each.kind});
  }
  return scenario;
}

Scenario fails(std::string name, std::string title, Fault fault, std::string outcome) {
  Scenario scenario = make(std::move(name), std::move(title), fault, Wanted::fail);
  scenario.expected.checks = {"errors"};
  scenario.expected.outcome = std::move(outcome);
  return scenario;
}

Scenario equal() {
  Scenario scenario =
      make("equal", "the same version twice; rules excuse its noise", Fault::none, Wanted::pass);
  scenario.alone = true;
  scenario.ahead = 2000;
  scenario.requests = 60'000;
  return scenario;
}

Scenario noise() {
  Scenario scenario = make("noise", "the same version twice; no rule, noise is learnt", Fault::none,
                           Wanted::no_fail);
  scenario.rules = false;
  scenario.ahead = 800;
  scenario.expected.comparisons = 3000;
  const std::string pet = endpoint(scenario.name, Where::pet);
  scenario.expected.noise = {{pet, "$.tags", "ordering"},
                             {pet, "$.generatedAt", "value"},
                             {pet, "$.score", "value"},
                             {pet, "header:etag", "header"},
                             {endpoint(scenario.name, Where::order), "$.requestId", "value"}};
  return scenario;
}

Scenario server_error() {
  Scenario scenario = differs("server-error", "one answer in 25 is 500", Fault::server_error,
                              {{Where::pet, "status", "status"}});
  scenario.expected.checks.insert("errors");
  scenario.expected.outcome = "5xx";
  return scenario;
}

Scenario slow() {
  Scenario scenario = make("slow", "each answer comes 50 ms later", Fault::slow, Wanted::fail);
  scenario.alone = true;
  scenario.expected.checks = {"first_byte_median", "total_median"};
  scenario.expected.allowed = {"first_byte_tail", "total_tail"};
  return scenario;
}

Scenario slow_tail() {
  Scenario scenario =
      make("slow-tail", "one answer in 20 comes 300 ms later", Fault::slow_tail, Wanted::fail);
  scenario.alone = true;
  scenario.ahead = 1000;
  scenario.expected.checks = {"first_byte_tail", "total_tail"};
  return scenario;
}

std::vector<Scenario> make_all() {
  return {
      equal(),
      noise(),
      differs("wrong-value", "a price is a cent too high in one answer of 25", Fault::wrong_value,
              {{Where::pet, "$.price", "value"}}),
      differs("renamed-field", "name is called fullName", Fault::renamed_field,
              {{Where::pet, "$.name", "removed"}, {Where::pet, "$.fullName", "added"}}),
      differs("changed-type", "a number is a string", Fault::changed_type,
              {{Where::pet, "$.stock", "type"}}),
      differs("missing-field", "the owner has no email", Fault::missing_field,
              {{Where::pet, "$.owner.email", "removed"}}),
      differs("shorter-list", "the last photo is gone", Fault::shorter_list,
              {{Where::pet, "$.photos[*]", "removed"}}),
      differs("rounded", "a total has two digits where it had three", Fault::rounded,
              {{Where::order, "$.total", "value"}}),
      differs("reordered-list", "two steps have changed places", Fault::reordered_list,
              {{Where::order, "$.steps", "ordering"}}),
      differs("missing-header", "Cache-Control is gone", Fault::missing_header,
              {{Where::order, "header:cache-control", "header"}}),
      differs("changed-status", "202 where it was 200", Fault::changed_status,
              {{Where::order, "status", "status"}}),
      server_error(),
      fails("refused", "nobody listens", Fault::refused, "connect_failed"),
      fails("hung", "it takes requests and never answers", Fault::hung, "timeout"),
      fails("cut-short", "one answer in 20 ends in its middle", Fault::cut_short, "reset"),
      slow(),
      slow_tail(),
  };
}

}  // namespace

const std::vector<Scenario>& all_scenarios() {
  static const std::vector<Scenario> kAll = make_all();
  return kAll;
}

}  // namespace gnomon::selfcheck
