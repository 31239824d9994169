#include "selfcheck/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gnomon::selfcheck {
namespace {

using Json = nlohmann::ordered_json;
using State = Finding::State;

constexpr std::string_view kMismatch = "mismatch";

// What is of another type than it should be counts as absent: no answer may end the program.
const Json& member(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

uint64_t natural(const Json& value) {
  return value.is_number_integer() ? value.get<uint64_t>() : 0;
}

uint64_t count(const Json& object, const char* name) { return natural(member(object, name)); }

bool is_true(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_boolean() && value.get<bool>();
}

uint64_t sum(const Json& tally) {
  uint64_t all = 0;
  for (const Json& times : tally) all += natural(times);
  return all;
}

FieldName name_of(const Json& field) {
  return {text(field, "endpoint"), text(field, "path"), text(field, "kind")};
}

Found read(const Json& verdict) {
  Found found;
  found.ruling = text(verdict, "ruling");
  for (const Json& check : member(verdict, "checks")) {
    if (is_true(check, "proven")) found.checks.insert(text(check, "check"));
  }
  for (const Json& field : member(verdict, "fields")) {
    if (is_true(field, "proven")) found.fields.insert(name_of(field));
  }
  const Json& coverage = member(verdict, "coverage");
  found.compared = count(coverage, "compared");
  found.settled =
      sum(member(member(verdict, "outcomes"), "live")) + sum(member(coverage, "excluded"));
  return found;
}

template <typename T>
bool within(const std::set<T>& some, const std::set<T>& all) {
  return std::ranges::includes(all, some);
}

// What is proven and must not be.
std::string too_much(const Expectation& expected, const Found& found) {
  for (const std::string& check : found.checks) {
    if (!expected.checks.contains(check) && !expected.allowed.contains(check)) {
      return fmt::format("{} is called a cause", check);
    }
  }
  for (const FieldName& field : found.fields) {
    if (!expected.fields.contains(field)) {
      return fmt::format("{} ({}) at {} is called a cause", field.path, field.kind, field.endpoint);
    }
  }
  if (found.ruling == "FAIL" && expected.wanted != Wanted::fail) return "it cries wolf";
  return "";
}

std::string unseen_noise(const Expectation& expected, const Json& verdict) {
  std::set<FieldName> seen;
  for (const Json& field : member(verdict, "fields")) {
    if (count(field, "noise") > 0) seen.insert(name_of(field));
  }
  for (const FieldName& field : expected.noise) {
    if (!seen.contains(field)) return fmt::format("the noise of {} was not seen", field.path);
  }
  return "";
}

std::string idle_rule(const Json& verdict) {
  const Json& rules = member(verdict, "rules");
  if (!rules.is_array() || rules.empty()) return "there is no rule";
  for (const Json& rule : rules) {
    if (count(rule, "excused") == 0)
      return "nothing was excused by a rule for " + text(rule, "path");
  }
  return "";
}

// What more requests may bring; empty: nothing is missing.
std::string missing(const Expectation& expected, const Found& found, const Json& verdict) {
  if (expected.wanted == Wanted::fail) {
    if (found.ruling != "FAIL") return "it is not FAIL";
    if (!within(expected.checks, found.checks)) return "not each check is proven";
    if (!within(expected.fields, found.fields)) return "not each field is proven";
    const Json& outcomes = member(member(verdict, "outcomes"), "candidate");
    if (!expected.outcome.empty() && count(outcomes, expected.outcome.c_str()) == 0) {
      return fmt::format("no {} was counted", expected.outcome);
    }
    return "";
  }
  if (found.compared < expected.comparisons) return "too few were compared";
  if (std::string noise = unseen_noise(expected, verdict); !noise.empty()) return noise;
  if (expected.wanted == Wanted::no_fail) return "";
  if (found.ruling != "PASS") return "it is not PASS";
  return idle_rule(verdict);
}

std::string name_in_words(const FieldName& field, const std::string& prefix) {
  const std::string what = fmt::format("{} ({})", field.path, field.kind);
  return field.endpoint.starts_with(prefix) ? what : what + " at " + field.endpoint;
}

std::string in_words(std::string_view ruling, const std::set<std::string>& checks,
                     const std::set<FieldName>& fields, const std::string& prefix) {
  std::string causes;
  const auto add = [&](const std::string& cause) {
    causes += (causes.empty() ? "" : ", ") + cause;
  };
  for (const std::string& check : checks) {
    // Fields say it better.
    if (check != kMismatch || fields.empty()) add(check);
  }
  for (const FieldName& field : fields) add(name_in_words(field, prefix));
  return causes.empty() ? std::string(ruling) : fmt::format("{} by {}", ruling, causes);
}

}  // namespace

Finding judge(const Expectation& expected, const Json& verdict) {
  Finding finding;
  finding.found = read(verdict);
  finding.missing = too_much(expected, finding.found);
  if (!finding.missing.empty()) {
    finding.state = State::broken;
    return finding;
  }
  finding.missing = missing(expected, finding.found, verdict);
  if (finding.missing.empty()) finding.state = State::met;
  return finding;
}

std::string in_words(const Expectation& expected) {
  switch (expected.wanted) {
    case Wanted::pass:
      return "PASS";
    case Wanted::no_fail:
      return "no FAIL";
    case Wanted::fail:
      break;
  }
  return in_words("FAIL", expected.checks, expected.fields, expected.endpoint_prefix);
}

std::string in_words(const Expectation& expected, const Found& found) {
  return in_words(found.ruling, found.checks, found.fields, expected.endpoint_prefix);
}

}  // namespace gnomon::selfcheck
