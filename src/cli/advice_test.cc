#include "cli/advice.h"

#include <gtest/gtest.h>

#include <string>

#include "config/testing.h"

namespace gnomon::cli {
namespace {

std::string advice(const std::string& text) {
  return config::brief(advise(config::load_text(text)));
}

std::string site(const std::string& domain, const std::string& matchers,
                 const std::string& options = "{}") {
  return "metadata: {name: a}\nvirtualHost:\n  domains: [" + domain +
         "]\n  routes:\n  - matchers: [" + matchers +
         "]\n    routeAction: {single: {upstream: {name: blue}}}\n    options: " + options + "\n";
}

TEST(Advice, tells_of_open_prefixes_once) {
  EXPECT_EQ(advice(site("'*'", "{prefix: /}, {prefix: /foo/}, {exact: /foo}")), "");
  EXPECT_EQ(advice(site("'*'", "{prefix: /}, {prefix: /foo}, {prefix: /b}")),
            "5:29 note: the prefix /foo also matches /foobar; 1 more like it\n");
}

TEST(Advice, tells_of_rewrites_that_double_a_slash) {
  EXPECT_EQ(advice(site("'*'", "{prefix: /foo/}", "{prefixRewrite: /}")), "");
  const std::string told = advice(site("'*'", "{prefix: /foo}", "{prefixRewrite: /}"));
  EXPECT_NE(told.find("/foo/a is sent with two slashes"), std::string::npos) << told;
  EXPECT_EQ(advice(site("'*'", "{prefix: /foo}", "{prefixRewrite: ''}")).find("two slashes"),
            std::string::npos);
}

TEST(Advice, tells_of_domains_without_the_port_that_clients_will_send) {
  EXPECT_EQ(advice(site("a.com", "{prefix: /}")),
            "3:13 note: the domain a.com does not match a Host with a port, such as a.com:8080\n");
  EXPECT_EQ(advice(site("'a.com:8080', 'b.*', '*'", "{prefix: /}")), "");
  const auto at_port = [](const std::string& port) {
    return advice(site("a.com", "{prefix: /}") + "---\nmetadata: {name: g}\nbindPort: " + port +
                  "\nhttpGateway: {}\n");
  };
  EXPECT_EQ(at_port("80"), "");
  EXPECT_NE(at_port("9000").find("a.com:9000"), std::string::npos);
}

}  // namespace
}  // namespace gnomon::cli
