#include "cli/explain.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace gnomon::cli {
namespace {

constexpr const char* kShop = R"(metadata: {name: shop}
virtualHost:
  domains: ['*.example.com']
  routes:
  - name: pets
    matchers: [{prefix: /pets}]
    delegateAction: {ref: {name: pets, namespace: gloo-system}}
    options: {timeout: 3s, shadowing: {upstream: {name: green}, percentage: 10}}
  - matchers: [{prefix: /old}]
    redirectAction: {prefixRewrite: /new}
  - matchers: [{prefix: /by-header}]
    routeAction: {clusterHeader: x-cluster}
---
apiVersion: gateway.solo.io/v1
kind: RouteTable
metadata: {name: pets, namespace: gloo-system}
spec:
  routes:
  - name: cats
    matchers: [{prefix: /pets/cats, headers: [{name: x-v, value: '2'}]}]
    routeAction: {single: {upstream: {name: blue}}}
    options: {prefixRewrite: /cats}
---
metadata: {name: blue}
static: {hosts: [{addr: 10.0.0.1, port: 80}]}
---
metadata: {name: green}
static: {hosts: [{addr: 10.0.0.2, port: 80}]}
)";

class Explain : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ =
        std::filesystem::temp_directory_path() /
        (std::string("gnomon-explain-") + info->name() + "-" + std::to_string(getpid()) + ".yaml");
    std::ofstream(path_) << kShop;
    options_.path = path_.string();
    options_.host = "shop.example.com";
  }
  void TearDown() override { std::filesystem::remove(path_); }

  int run() {
    out_.str("");
    err_.str("");
    return explain(options_, out_, err_);
  }

  std::filesystem::path path_;
  ExplainOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(Explain, names_every_place_that_has_a_say) {
  options_.request_path = "/pets/cats/1?a=b";
  options_.headers = {"x-v: 2"};
  ASSERT_EQ(run(), 0) << err_.str();
  const std::string at = path_.string();
  EXPECT_EQ(
      out_.str(),
      "GET http://shop.example.com/pets/cats/1?a=b\n\n"
      "listener-::-8080, [::]:8080\n"
      "  virtual service  gloo-system.shop (" +
          at +
          ":1), by the domain *.example.com\n"
          "  route            gloo-system.shop/pets/gloo-system.pets/cats\n"
          "                   VirtualService gloo-system.shop, virtualHost.routes[0] \"pets\" (" +
          at +
          ":5)\n"
          "                   RouteTable gloo-system.pets, routes[0] \"cats\" (" +
          at +
          ":19)\n"
          "  options          prefixRewrite: RouteTable gloo-system.pets (" +
          at +
          ":22)\n"
          "                   timeout, shadowing: VirtualService gloo-system.shop (" +
          at +
          ":8)\n"
          "  sent             GET /cats/1?a=b, Host: shop.example.com\n"
          "  timeout          3000ms\n"
          "  to               100% of requests: blue_gloo-system (" +
          at +
          ":24)\n"
          "  copies           10% of requests: green_gloo-system (" +
          at +
          ":27), Host: "
          "shop.example.com-shadow; counted as gloo-system.shop.pets/gloo-system.pets/cats\n");
}

TEST_F(Explain, writes_json_that_parses) {
  options_.request_path = "/pets/cats";
  options_.headers = {"x-v:2"};
  options_.json = true;
  ASSERT_EQ(run(), 0) << err_.str();
  const auto parsed = nlohmann::json::parse(out_.str());
  EXPECT_EQ(parsed["version"], 1);
  const auto& listener = parsed["listeners"].at(0);
  EXPECT_EQ(listener["virtualService"], "gloo-system.shop");
  EXPECT_EQ(listener["domain"], "*.example.com");
  EXPECT_EQ(listener["route"]["origins"].size(), 2u);
  EXPECT_EQ(listener["route"]["origins"][1]["name"], "cats");
  EXPECT_EQ(listener["route"]["shadows"][0]["perMillion"], 100000);
  EXPECT_EQ(listener["sent"]["path"], "/cats");
}

TEST_F(Explain, tells_redirects_and_requests_that_nothing_takes) {
  options_.request_path = "/old/x?q";
  EXPECT_EQ(run(), 0);
  EXPECT_NE(out_.str().find("301, Location: http://shop.example.com/new/x?q"), std::string::npos)
      << out_.str();
  options_.request_path = "/pets/cats";
  EXPECT_EQ(run(), 1);
  EXPECT_NE(out_.str().find("404: none of its routes matches"), std::string::npos) << out_.str();
  options_.host = "example.org";
  EXPECT_EQ(run(), 1);
  EXPECT_NE(out_.str().find("404: no domain matches the host"), std::string::npos) << out_.str();
}

TEST_F(Explain, looks_the_cluster_of_a_header_up) {
  options_.request_path = "/by-header";
  EXPECT_EQ(run(), 0);
  EXPECT_NE(out_.str().find("404: the request has no header x-cluster"), std::string::npos)
      << out_.str();
  options_.headers = {"X-Cluster: green_gloo-system"};
  EXPECT_EQ(run(), 0);
  EXPECT_NE(out_.str().find("green_gloo-system (" + path_.string() + ":27), as the header"),
            std::string::npos)
      << out_.str();
}

TEST_F(Explain, refuses_what_is_no_request) {
  options_.request_path = "pets";
  EXPECT_EQ(run(), 2);
  EXPECT_EQ(err_.str(), "--path must begin with a slash\n");
  options_.request_path = "/";
  options_.headers = {"no colon"};
  EXPECT_EQ(run(), 2);
  EXPECT_EQ(err_.str(), "\"no colon\" is not a header such as 'x-version: 2'\n");
  options_.headers = {};
  options_.method = "GE T";
  EXPECT_EQ(run(), 2);
  options_.method = "GET";
  options_.listener = "9999";
  EXPECT_EQ(run(), 2);
  EXPECT_EQ(err_.str(), "there is no listener 9999\n");
  options_.path = "/nonexistent/manifests";
  EXPECT_EQ(run(), 2);
}

}  // namespace
}  // namespace gnomon::cli
