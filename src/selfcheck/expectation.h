// What a verdict has to say about a scenario, and whether one does. Reads what the admin API
// answers, as any other program would.
#pragma once

#include <compare>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

namespace gnomon::selfcheck {

struct FieldName {
  std::string endpoint;
  std::string path;
  std::string kind;

  friend auto operator<=>(const FieldName&, const FieldName&) = default;
};

enum class Wanted : uint8_t {
  pass,     // PASS, with every rule of the trial having been of use
  no_fail,  // that nothing is found, in spite of noise that was seen
  fail,     // FAIL by these causes, and by no other
};

struct Expectation {
  Wanted wanted = Wanted::pass;
  std::set<std::string> checks;   // that prove it
  std::set<std::string> allowed;  // that may prove it too: they see the same from another side
  std::set<FieldName> fields;
  std::string outcome;          // of the candidate's leg, that has to have been counted
  std::set<FieldName> noise;    // that has to have been seen, at the control as well
  uint64_t comparisons = 0;     // that have to have been made
  std::string endpoint_prefix;  // that words leave out
};

// What a verdict says, as far as it is of interest here.
struct Found {
  std::string ruling;
  std::set<std::string> checks;  // proven
  std::set<FieldName> fields;    // proven
  uint64_t compared = 0;
  uint64_t settled = 0;  // requests of which it is known whether they are evidence
};

struct Finding {
  enum class State : uint8_t {
    open,    // more requests may tell
    met,     // it is as it has to be
    broken,  // no further request can mend it
  };
  State state = State::open;
  Found found;
  std::string missing;  // why it is not met
};

Finding judge(const Expectation& expected, const nlohmann::ordered_json& verdict);

// "FAIL by $.price (value)"
std::string in_words(const Expectation& expected);
std::string in_words(const Expectation& expected, const Found& found);

}  // namespace gnomon::selfcheck
