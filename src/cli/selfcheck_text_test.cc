#include "cli/selfcheck_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gnomon::cli {
namespace {

using selfcheck::Report;
using selfcheck::Result;
using selfcheck::Scenario;

const Scenario& scenario(std::string_view name) {
  return *std::ranges::find(selfcheck::all_scenarios(), name, &Scenario::name);
}

// One that went well, and one in which nothing was found and a client got the wrong answer.
Report half_green() {
  Report report;
  Result good;
  good.scenario = &scenario("rounded");
  good.ok = true;
  good.found.ruling = "FAIL";
  good.found.checks = {"mismatch"};
  good.found.fields = good.scenario->expected.fields;
  good.requests = 200;
  Result bad;
  bad.scenario = &scenario("slow");
  bad.found.ruling = "UNDECIDED";
  bad.problem = "it is not FAIL";
  bad.requests = 300;
  bad.wrong_answers = 1;
  report.results = {good, bad};
  return report;
}

TEST(SelfcheckText, a_line_says_what_was_expected_and_what_was_found) {
  const std::vector<const Scenario*> both = {&scenario("rounded"), &scenario("slow")};
  const SelfcheckTable table(both);
  const Report report = half_green();
  const std::string good = table.line(report.results[0]);
  EXPECT_TRUE(good.starts_with("ok      rounded   FAIL by $.total (value) ")) << good;
  EXPECT_EQ(good.size(), table.heading().size());
  const std::string bad = table.line(report.results[1]);
  EXPECT_TRUE(bad.starts_with("NOT OK  slow      FAIL by first_byte_median, total_median")) << bad;
  EXPECT_NE(bad.find("UNDECIDED"), std::string::npos) << bad;
  EXPECT_TRUE(bad.ends_with("each answer comes 50 ms later: it is not FAIL\n")) << bad;
}

TEST(SelfcheckText, the_summary_counts_wrong_answers) {
  const std::string text = selfcheck_summary(half_green());
  EXPECT_NE(text.find("1 of 2 as expected"), std::string::npos) << text;
  EXPECT_NE(text.find("1 of 500 clients' requests did not get"), std::string::npos) << text;
}

TEST(SelfcheckText, json_is_green_only_when_everything_is) {
  Report report = half_green();
  auto json = nlohmann::json::parse(selfcheck_json(report, 7));
  EXPECT_EQ(json["green"], false);
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["scenarios"][0]["found"],
            (nlohmann::json{{"ruling", "FAIL"},
                            {"checks", {"mismatch"}},
                            {"fields",
                             {{{"endpoint", "GET /rounded/orders/{order}"},
                               {"path", "$.total"},
                               {"kind", "value"}}}}}));
  EXPECT_EQ(json["scenarios"][1]["problem"], "it is not FAIL");
  report.results.pop_back();
  EXPECT_TRUE(report.green());
  report.gateway_problem = "the gateway ended with exit code 1";
  json = nlohmann::json::parse(selfcheck_json(report, 7));
  EXPECT_EQ(json["green"], false);
  EXPECT_EQ(json["gatewayProblem"], report.gateway_problem);
}

}  // namespace
}  // namespace gnomon::cli
