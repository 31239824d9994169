#include "routing/reachability.h"

#include <gtest/gtest.h>

#include <vector>

namespace gnomon::routing {
namespace {

using Path = RouteRule::Path;

RouteRule rule(Path kind, std::string path, bool case_sensitive = true, bool condition = false) {
  RouteRule out;
  out.kind = kind;
  out.case_sensitive = case_sensitive;
  if (kind == Path::regex) {
    out.regex = compile_regex(path).regex;
  } else {
    out.path = std::move(path);
  }
  if (condition) out.condition.methods.push_back({"GET", nullptr});
  return out;
}

// Whether the second of two rules is hidden by the first.
bool hides(const RouteRule& first, const RouteRule& second) {
  const std::vector<RouteRule> rules{first, second};
  const auto hidden = find_hidden_rules(rules);
  EXPECT_EQ(hidden[0], std::nullopt);
  return hidden[1].has_value();
}

TEST(Reachability, finds_rules_behind_a_wider_prefix) {
  EXPECT_TRUE(hides(rule(Path::prefix, "/"), rule(Path::prefix, "/a")));
  EXPECT_TRUE(hides(rule(Path::prefix, "/a"), rule(Path::prefix, "/a")));
  EXPECT_TRUE(hides(rule(Path::prefix, "/a"), rule(Path::exact, "/ab")));
  EXPECT_TRUE(hides(rule(Path::prefix, "/a"), rule(Path::regex, "/a/[0-9]+")));
  EXPECT_TRUE(hides(rule(Path::prefix, "/a"), rule(Path::exact, "/a", true, true)));
  EXPECT_TRUE(hides(rule(Path::exact, "/a"), rule(Path::exact, "/a")));
  EXPECT_TRUE(hides(rule(Path::regex, "/a.*"), rule(Path::regex, "/a.*")));
  EXPECT_TRUE(hides(rule(Path::prefix, "/A", false), rule(Path::prefix, "/ab", true)));
  EXPECT_TRUE(hides(rule(Path::prefix, "/A", false), rule(Path::exact, "/aB", false)));
}

TEST(Reachability, leaves_alone_what_some_request_reaches) {
  EXPECT_FALSE(hides(rule(Path::prefix, "/a"), rule(Path::prefix, "/")));
  EXPECT_FALSE(hides(rule(Path::prefix, "/a"), rule(Path::prefix, "/b")));
  EXPECT_FALSE(hides(rule(Path::prefix, "/", true, true), rule(Path::prefix, "/a")));
  EXPECT_FALSE(hides(rule(Path::exact, "/a"), rule(Path::prefix, "/a")));
  EXPECT_FALSE(hides(rule(Path::exact, "/a"), rule(Path::exact, "/a", false)));
  EXPECT_FALSE(hides(rule(Path::prefix, "/a"), rule(Path::prefix, "/ab", false)));
  EXPECT_FALSE(hides(rule(Path::regex, "/a.*"), rule(Path::prefix, "/ab")));
  EXPECT_FALSE(hides(rule(Path::prefix, "/abc"), rule(Path::regex, "/a.*")));
  EXPECT_FALSE(hides(rule(Path::never, "/"), rule(Path::prefix, "/a")));
}

}  // namespace
}  // namespace gnomon::routing
