#include "cli/get.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/documents.h"
#include "cli/text_table.h"

namespace gnomon::cli {
namespace {

constexpr const char* kShop = R"(apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {name: shop, namespace: gloo-system}
spec:
  displayName: The shop
  virtualHost:
    domains: [shop.example.com, '*.shop.example.com']
    routes:
    - name: cart
      matchers: [{exact: /cart}, {prefix: /basket}]
      routeAction: {single: {upstream: {name: blue}}}
      options: {shadowing: {upstream: {name: green}, percentage: 12.5}}
    - matchers: [{prefix: /pets}]
      delegateAction: {ref: {name: pets, namespace: gloo-system}}
    - directResponseAction: {status: 404}
---
metadata: {name: blue}
static: {hosts: [{addr: 10.0.0.1, port: 80}, {addr: b.example.com, port: 81}]}
---
metadata: {name: green}
static: {hosts: [{addr: 10.0.0.2, port: 80}]}
---
apiVersion: gateway.solo.io/v1
kind: RouteTable
metadata: {name: pets, namespace: gloo-system}
spec: {routes: [{matchers: [{prefix: /pets}], routeAction: {upstreamGroup: {name: both, namespace: gloo-system}}}]}
---
apiVersion: gloo.solo.io/v1
kind: UpstreamGroup
metadata: {name: both, namespace: gloo-system}
spec: {destinations: [{weight: 9, destination: {upstream: {name: blue, namespace: gloo-system}}}, {weight: 1, destination: {upstream: {name: gone, namespace: x}}}]}
---
apiVersion: gnomon.dev/v1alpha1
kind: ShadowTest
metadata: {name: trial, namespace: gloo-system}
spec: {target: {virtualService: shop, route: cart}, shadow: {upstream: {name: green}, percentage: 5}}
)";

class Get : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            (std::string("gnomon-get-") + info->name() + "-" + std::to_string(getpid()) + ".yaml");
    std::ofstream(path_) << kShop;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  int run(const std::string& kind, const std::string& output = "table",
          const std::string& name = "") {
    GetOptions options;
    options.kind = kind;
    options.path = path_.string();
    options.output = output;
    options.name = name;
    out_.str("");
    err_.str("");
    return get(options, out_, err_);
  }

  std::filesystem::path path_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(Get, prints_virtual_services_with_what_is_copied) {
  EXPECT_EQ(run("vs"), 0);
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(out_.str(),
            // clang-format off
      "+-----------------+--------------+--------------------------------------+------+----------+-----------------+----------------------------------------------------------------------------------------+\n"
      "| VIRTUAL SERVICE | DISPLAY NAME | DOMAINS                              | SSL  | STATUS   | LISTENERPLUGINS | ROUTES                                                                                 |\n"
      "+-----------------+--------------+--------------------------------------+------+----------+-----------------+----------------------------------------------------------------------------------------+\n"
      "| shop            | The shop     | shop.example.com, *.shop.example.com | none | Accepted |                 | cart: /cart, /basket -> gloo-system.blue (upstream), 12.5% copied to gloo-system.green |\n"
      "|                 |              |                                      |      |          |                 | /pets -> gloo-system.pets (route table)                                                |\n"
      "|                 |              |                                      |      |          |                 | / -> 404                                                                               |\n"
      "|                 |              |                                      |      |          |                 | cart: 5% copied to gloo-system.green (shadow test trial)                               |\n"
      "+-----------------+--------------+--------------------------------------+------+----------+-----------------+----------------------------------------------------------------------------------------+\n"
            // clang-format on
  );
}

TEST_F(Get, prints_the_other_kinds) {
  EXPECT_EQ(run("us"), 0);
  EXPECT_NE(out_.str().find("| blue     | Static | Accepted | hosts:             |\n"
                            "|          |        |          | - 10.0.0.1:80      |\n"),
            std::string::npos)
      << out_.str();
  EXPECT_EQ(run("rt"), 0);
  EXPECT_NE(
      out_.str().find("| pets        | /pets -> upstream group: both.gloo-system | Accepted |"),
      std::string::npos)
      << out_.str();
  EXPECT_EQ(run("ug"), 0);
  EXPECT_NE(out_.str().find("| both           | Warning | 10           | destination: "
                            "gloo-system.blue (upstream) |"),
            std::string::npos)
      << out_.str();
}

TEST_F(Get, says_in_wide_tables_where_a_resource_stands) {
  EXPECT_EQ(run("rt", "wide"), 0);
  EXPECT_NE(out_.str().find("| gloo-system |"), std::string::npos) << out_.str();
  EXPECT_NE(out_.str().find(path_.string() + ":23 |"), std::string::npos) << out_.str();
}

TEST_F(Get, writes_resources_in_one_form_whichever_they_were_written_in) {
  EXPECT_EQ(run("us", "json"), 0);
  const auto parsed = nlohmann::json::parse(out_.str());
  ASSERT_EQ(parsed.size(), 2u);
  EXPECT_EQ(parsed[0]["kind"], "Upstream");
  EXPECT_EQ(parsed[0]["apiVersion"], "gloo.solo.io/v1");
  EXPECT_EQ(parsed[0]["metadata"]["name"], "blue");
  EXPECT_EQ(parsed[0]["spec"]["static"]["hosts"][1]["port"], 81);
  EXPECT_EQ(run("upstream", "yaml", "green"), 0);
  EXPECT_EQ(out_.str(),
            "apiVersion: gloo.solo.io/v1\nkind: Upstream\nmetadata:\n  name: green\nspec:\n  "
            "static:\n    hosts:\n    - addr: 10.0.0.2\n      port: 80\n");
}

TEST_F(Get, tells_what_is_not_there_from_what_is_rejected) {
  EXPECT_EQ(run("vs", "table", "nobody"), 1);
  EXPECT_EQ(err_.str(), "there is no VirtualService nobody\n");
  std::ofstream(path_) << "metadata: {name: a}\nvirtualHost: {routes: [{matchers: [{regex: '('}], "
                          "directResponseAction: {status: 200}}]}\n";
  EXPECT_EQ(run("vs"), 0);
  EXPECT_NE(out_.str().find("| Rejected |"), std::string::npos) << out_.str();
  EXPECT_NE(err_.str().find("gnomon check"), std::string::npos);
  std::ofstream(path_) << "kind: [\n";
  EXPECT_EQ(run("vs"), 2);
  EXPECT_NE(err_.str().find("error"), std::string::npos) << err_.str();
}

TEST(Yaml, can_be_read_again) {
  const Json value = {
      {"a",
       Json::array({1, "x", Json::array({"y: z", nullptr}), {{"b", true}, {"c", Json::array()}}})},
      {"on", "yes"},
      {"empty", Json::object()},
      {"- x", 1.5}};
  EXPECT_EQ(to_yaml(value),
            "a:\n- 1\n- x\n- - \"y: z\"\n  - null\n- b: true\n  c: []\n\"on\": \"yes\"\nempty: {}\n"
            "\"- x\": 1.5\n");
}

TEST(TextTable, keeps_control_characters_from_the_terminal) {
  TextTable table({"A"});
  table.add({"x\033[1m\ny\xC3\xA9"});
  EXPECT_EQ(table.render(),
            "+----------+\n| A        |\n+----------+\n| x\\x1b[1m |\n| y\xC3\xA9       |\n"
            "+----------+\n");
}

}  // namespace
}  // namespace gnomon::cli
