#include "compare/path.h"

#include <gtest/gtest.h>

namespace gnomon::compare {
namespace {

std::string steps_of(std::string_view text) {
  const auto path = PathPattern::parse(text);
  if (!path) return std::to_string(path.error().column) + ": " + path.error().message;
  std::string out;
  for (const PathStep& step : path->steps) {
    switch (step.kind) {
      case PathStep::Kind::name:
        out += "<" + step.name + ">";
        break;
      case PathStep::Kind::index:
        out += "#" + std::to_string(step.index);
        break;
      case PathStep::Kind::any:
        out += "*";
        break;
      case PathStep::Kind::descend:
        out += "..";
        break;
    }
  }
  return out;
}

TEST(PathTest, ReadsTheDialect) {
  EXPECT_EQ(steps_of("$"), "");
  EXPECT_EQ(steps_of("$.a.b-c_d"), "<a><b-c_d>");
  EXPECT_EQ(steps_of("$['a b']['it\\'s']"), "<a b><it's>");
  EXPECT_EQ(steps_of("$[\"a.b\"].c"), "<a.b><c>");
  EXPECT_EQ(steps_of("$.pets[*].id"), "<pets>*<id>");
  EXPECT_EQ(steps_of("$.pets[12]"), "<pets>#12");
  EXPECT_EQ(steps_of("$.prices.{}.amount"), "<prices>*<amount>");
  EXPECT_EQ(steps_of("$.*"), "*");
  EXPECT_EQ(steps_of("$..id"), "..<id>");
  EXPECT_EQ(steps_of("$..['a b']"), "..<a b>");
  EXPECT_EQ(steps_of("$.a..*"), "<a>..*");
  EXPECT_EQ(steps_of("$.\xC3\xA9"), "<\xC3\xA9>");
}

TEST(PathTest, ErrorsPointAtTheColumn) {
  EXPECT_EQ(steps_of("$a"), "2: expected \".\" or \"[\"");
  EXPECT_EQ(steps_of("$.a."), "5: expected a name, \"*\" or \"{}\"");
  EXPECT_EQ(steps_of("$.a[x]"), "5: expected \"*\", a number or a name in quotes");
  EXPECT_EQ(steps_of("$.a[1"), "6: expected \"]\"");
  EXPECT_EQ(steps_of("$['a]"), "4: this name has no closing \"'\"");
  EXPECT_EQ(steps_of("$.."), "4: expected a name, \"*\" or \"{}\"");
  EXPECT_EQ(steps_of("a.b").substr(0, 3), "1: ");
  EXPECT_EQ(steps_of("header:"), "8: expected a name");
  EXPECT_EQ(steps_of("header:a*b"), "9: '*' cannot be in a name; '*' may stand at its end");
}

TEST(PathTest, NamesOfHeadersHeedNoCaseAndMayEndInAStar) {
  const auto header = PathPattern::parse("header:ETag");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->area, Area::header);
  EXPECT_TRUE(header->matches_name("etag"));
  EXPECT_FALSE(header->matches_name("etag2"));
  const auto many = PathPattern::parse("header:X-Debug-*");
  ASSERT_TRUE(many);
  EXPECT_TRUE(many->matches_name("x-debug-id"));
  EXPECT_FALSE(many->matches_name("x-debu"));
  EXPECT_TRUE(PathPattern::parse("trailer:*")->matches_name("grpc-status"));
  EXPECT_FALSE(PathPattern::parse("cookie:Session")->matches_name("session"));
  EXPECT_EQ(PathPattern::parse("status")->area, Area::status);
  EXPECT_EQ(PathPattern::parse("body")->area, Area::body);
}

TEST(PathTest, WhatIsAppendedReadsBack) {
  for (const char* name : {"a", "a b", "it's", "a.b", "", "x\\y", "*", "{}", "[0]"}) {
    std::string path = "$";
    append_member(path, name);
    const auto read = PathPattern::parse(path);
    ASSERT_TRUE(read) << path;
    ASSERT_EQ(read->steps.size(), 1U);
    EXPECT_TRUE(read->steps[0].kind == PathStep::Kind::name && read->steps[0].name == name) << path;
  }
}

TEST(PathTest, KnowsNamesThatAreData) {
  for (const char* name :
       {"42", "5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d", "deadbeef00112233", "2026-11-22", "10.0.0.1",
        "cus_9s6XKzkNRiz8i3abc1", "joe@example.test"}) {
    EXPECT_TRUE(is_dynamic_name(name)) << name;
  }
  for (const char* name : {"id", "address2", "", "x-request-id", "sha256", "internationalisation",
                           "line1", "deadbeef", "oauth2_token", "@class", "@id"}) {
    EXPECT_FALSE(is_dynamic_name(name)) << name;
  }
  EXPECT_TRUE(is_dynamic_name(std::string(101, 'a')));
}

}  // namespace
}  // namespace gnomon::compare
