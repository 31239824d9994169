#include "cli/check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace gnomon::cli {
namespace {

constexpr const char* kGoodText = R"(apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {name: site}
spec:
  virtualHost:
    domains: ['*']
    routes:
    - matchers: [{prefix: /}]
      directResponseAction: {status: 200, body: hello}
)";

constexpr const char* kWarningText = R"(apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {name: site}
spec:
  virtualHost:
    domains: ['*']
    routes:
    - matchers: [{prefix: /}]
      directResponseAction: {status: 200, body: hello}
      options: {csrf: {}}
)";

constexpr const char* kBadText = R"(apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {name: site}
spec:
  virtualHost:
    domians: ['*']
    routes:
    - matchers: [{prefix: /}]
      directResponseAction: {status: 99}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: unrelated}
)";

class Check : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() / (std::string("gnomon-check-") + info->name() +
                                                      "-" + std::to_string(getpid()) + ".yaml");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  int run(const char* text, CheckOptions options = {}) {
    std::ofstream(path_) << text;
    options.path = path_.string();
    out_.str("");
    err_.str("");
    return check(options, out_, err_);
  }

  std::filesystem::path path_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(Check, passes_a_good_file) {
  EXPECT_EQ(run(kGoodText), 0);
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(
      out_.str(),
      "Checking VirtualServices... OK\nChecking Upstreams... none\nChecking Gateways... none\n"
      "Checking ShadowTests... none\nChecking RouteTables... none\n"
      "Checking UpstreamGroups... none\nChecking RouteOptions... none\n"
      "Checking VirtualHostOptions... none\nChecking Secrets... none\nNo problems found.\n");
}

TEST_F(Check, reports_every_error_with_its_place) {
  EXPECT_EQ(run(kBadText), 2);
  EXPECT_EQ(err_.str(), path_.string() +
                            ":6:5: error: spec.virtualHost.domians: unknown field\n"
                            "      domians: ['*']\n"
                            "      ^\n"
                            "  hint: did you mean \"domains\"?\n" +
                            path_.string() +
                            ":9:38: error: spec.virtualHost.routes[0].directResponseAction.status: "
                            "must be between 200 and 599, is 99\n"
                            "        directResponseAction: {status: 99}\n"
                            "                                       ^\n");
  EXPECT_EQ(
      out_.str(),
      "Checking VirtualServices... 1 of 1 with errors\nChecking Upstreams... none\n"
      "Checking Gateways... none\nChecking ShadowTests... none\n"
      "Checking RouteTables... none\nChecking UpstreamGroups... none\n"
      "Checking RouteOptions... none\nChecking VirtualHostOptions... none\n"
      "Checking Secrets... none\n1 document of other programs skipped (--verbose names them)\n"
      "2 errors, 0 warnings.\n");
}

TEST_F(Check, lets_warnings_pass_unless_strict) {
  EXPECT_EQ(run(kWarningText), 0);
  EXPECT_NE(err_.str().find("warning: spec.virtualHost.routes[0].options.csrf: is not implemented"),
            std::string::npos)
      << err_.str();
  CheckOptions strict;
  strict.strict = true;
  EXPECT_EQ(run(kWarningText, strict), 2);
  EXPECT_EQ(run(kGoodText, strict), 0);
}

TEST_F(Check, names_what_it_skipped_when_verbose) {
  CheckOptions verbose;
  verbose.verbose = true;
  run(kBadText, verbose);
  EXPECT_NE(err_.str().find("note: Deployment of apps/v1"), std::string::npos) << err_.str();
  EXPECT_EQ(out_.str().find("skipped"), std::string::npos) << out_.str();
}

TEST_F(Check, writes_json_that_parses) {
  CheckOptions json;
  json.json = true;
  EXPECT_EQ(run(kBadText, json), 2);
  EXPECT_EQ(err_.str(), "");
  const auto parsed = nlohmann::json::parse(out_.str());
  EXPECT_EQ(parsed["version"], 1);
  EXPECT_EQ(parsed["ok"], false);
  EXPECT_EQ(parsed["errors"], 2);
  EXPECT_EQ(parsed["warnings"], 0);
  ASSERT_EQ(parsed["kinds"].size(), 9u);
  EXPECT_EQ(parsed["kinds"][0]["broken"], 1);
  ASSERT_EQ(parsed["problems"].size(), 3u);
  EXPECT_EQ(parsed["problems"][0]["severity"], "error");
  EXPECT_EQ(parsed["problems"][0]["line"], 6);
  EXPECT_EQ(parsed["problems"][0]["column"], 5);
  EXPECT_EQ(parsed["problems"][0]["field"], "spec.virtualHost.domians");
  EXPECT_EQ(parsed["problems"][0]["hint"], "did you mean \"domains\"?");
  EXPECT_EQ(parsed["problems"][2]["severity"], "note");
}

TEST_F(Check, colours_only_when_asked) {
  run(kBadText);
  EXPECT_EQ(err_.str().find('\033'), std::string::npos);
  CheckOptions color;
  color.color = true;
  run(kBadText, color);
  EXPECT_NE(err_.str().find("\033[1;31merror"), std::string::npos);
}

TEST_F(Check, fails_on_a_path_that_does_not_exist) {
  CheckOptions options;
  options.path = "/nonexistent/manifests";
  EXPECT_EQ(check(options, out_, err_), 2);
  EXPECT_EQ(err_.str(), "/nonexistent/manifests: error: there is no such file or directory\n");
}

}  // namespace
}  // namespace gnomon::cli
