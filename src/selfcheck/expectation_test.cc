#include "selfcheck/expectation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "selfcheck/scenario.h"

namespace gnomon::selfcheck {
namespace {

using Json = nlohmann::ordered_json;
using State = Finding::State;

const FieldName kPrice{"GET /wrong-value/pets/{}", "$.price", "value"};

Json check(const char* name, bool proven) { return {{"check", name}, {"proven", proven}}; }

Json field(const FieldName& name, bool proven, uint64_t noise = 0) {
  return {{"endpoint", name.endpoint},
          {"path", name.path},
          {"kind", name.kind},
          {"noise", noise},
          {"proven", proven}};
}

// As the API has it, with what is of no interest left out.
Json verdict(const char* ruling) {
  return {
      {"ruling", ruling},
      {"coverage", {{"compared", 5000}, {"excluded", {{"rate", 7}, {"cut", 1}}}}},
      {"checks", Json::array({check("errors", false), check("mismatch", false)})},
      {"fields", Json::array()},
      {"rules", Json::array({{{"path", "$.tags"}, {"selected", 9}, {"excused", 9}}})},
      {"outcomes", {{"live", {{"answered", 5000}, {"5xx", 3}}}, {"candidate", {{"timeout", 2}}}}}};
}

Json price_is_wrong() {
  Json seen = verdict("FAIL");
  seen["checks"][1]["proven"] = true;
  seen["fields"].push_back(field(kPrice, true));
  return seen;
}

Expectation of(const char* name) {
  for (const Scenario& each : all_scenarios()) {
    if (each.name == name) return each.expected;
  }
  return {};
}

TEST(Expectation, fail_by_the_right_field_is_met) {
  const Finding finding = judge(of("wrong-value"), price_is_wrong());
  EXPECT_EQ(finding.state, State::met) << finding.missing;
  EXPECT_EQ(finding.found.settled, 5011u);
  EXPECT_EQ(in_words(of("wrong-value"), finding.found), "FAIL by $.price (value)");
  EXPECT_EQ(in_words(of("wrong-value")), "FAIL by $.price (value)");
}

// What a gateway would say to which the fault was not done, or that does not compare.
TEST(Expectation, a_fault_that_is_not_found_is_never_met) {
  for (const char* ruling : {"PASS", "UNDECIDED", "NODATA", ""}) {
    for (const Scenario& each : all_scenarios()) {
      if (each.expected.wanted != Wanted::fail) continue;
      EXPECT_EQ(judge(each.expected, verdict(ruling)).state, State::open) << each.name;
    }
  }
}

TEST(Expectation, a_fail_without_its_cause_is_not_enough) {
  EXPECT_EQ(judge(of("wrong-value"), verdict("FAIL")).state, State::open);
  Json seen = price_is_wrong();
  seen["fields"][0]["proven"] = false;
  EXPECT_EQ(judge(of("wrong-value"), seen).state, State::open);
  seen = price_is_wrong();
  seen["checks"][1]["proven"] = false;
  EXPECT_EQ(judge(of("wrong-value"), seen).state, State::open);
}

TEST(Expectation, another_endpoint_path_or_kind_is_the_wrong_cause) {
  for (const char* part : {"endpoint", "path", "kind"}) {
    Json seen = price_is_wrong();
    seen["fields"][0][part] = "other";
    const Finding finding = judge(of("wrong-value"), seen);
    EXPECT_EQ(finding.state, State::broken) << part;
    EXPECT_NE(finding.missing.find("other"), std::string::npos) << finding.missing;
  }
}

TEST(Expectation, one_cause_too_many_breaks_it) {
  Json seen = price_is_wrong();
  seen["fields"].push_back(field({kPrice.endpoint, "$.generatedAt", "value"}, true, 9));
  EXPECT_EQ(judge(of("wrong-value"), seen).state, State::broken);
  seen = price_is_wrong();
  seen["checks"].push_back(check("total_tail", true));
  EXPECT_EQ(judge(of("wrong-value"), seen).state, State::broken);
}

TEST(Expectation, the_same_seen_from_another_side_is_allowed) {
  Json seen = verdict("FAIL");
  seen["checks"] = {check("first_byte_median", true), check("total_median", true)};
  EXPECT_EQ(judge(of("slow"), seen).state, State::met);
  seen["checks"].push_back(check("total_tail", true));
  EXPECT_EQ(judge(of("slow"), seen).state, State::met);
  EXPECT_EQ(judge(of("slow-tail"), seen).state, State::broken);
}

TEST(Expectation, a_failure_is_told_by_its_outcome) {
  Json seen = verdict("FAIL");
  seen["checks"][0]["proven"] = true;
  EXPECT_EQ(judge(of("hung"), seen).state, State::met);
  EXPECT_EQ(judge(of("refused"), seen).state, State::open);
}

TEST(Expectation, pass_needs_every_rule_to_have_been_of_use) {
  Json seen = verdict("PASS");
  EXPECT_EQ(judge(of("equal"), seen).state, State::met);
  seen["rules"].push_back({{"path", "$.pets"}, {"selected", 9}, {"excused", 0}});
  EXPECT_EQ(judge(of("equal"), seen).state, State::open);
  seen["rules"] = Json::array();
  EXPECT_EQ(judge(of("equal"), seen).state, State::open);
  EXPECT_EQ(judge(of("equal"), verdict("UNDECIDED")).state, State::open);
  EXPECT_EQ(judge(of("equal"), verdict("FAIL")).state, State::broken);
}

TEST(Expectation, noise_has_to_be_seen_and_nothing_made_of_it) {
  const Expectation noise = of("noise");
  EXPECT_EQ(judge(noise, verdict("UNDECIDED")).state, State::open);
  Json seen = verdict("UNDECIDED");
  for (const FieldName& each : noise.noise) seen["fields"].push_back(field(each, false, 12));
  EXPECT_EQ(judge(noise, seen).state, State::met);
  seen["coverage"]["compared"] = 10;
  EXPECT_EQ(judge(noise, seen).state, State::open);
  seen["fields"][0]["proven"] = true;
  EXPECT_EQ(judge(noise, seen).state, State::broken);
  EXPECT_EQ(judge(noise, verdict("FAIL")).state, State::broken);
}

TEST(Expectation, what_is_no_verdict_meets_nothing) {
  for (const char* text : {"null", "[]", "{}", R"({"ruling": 1, "checks": {"proven": true}})",
                           R"({"coverage": [], "fields": 7, "outcomes": "none"})"}) {
    const Json seen = Json::parse(text);
    for (const Scenario& each : all_scenarios()) {
      EXPECT_EQ(judge(each.expected, seen).state, State::open) << text;
    }
  }
}

}  // namespace
}  // namespace gnomon::selfcheck
