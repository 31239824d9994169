#include "routing/request_condition.h"

#include <gtest/gtest.h>

#include <string>

namespace gnomon::routing {
namespace {

ValueCondition literal(std::string text) { return {std::move(text), nullptr}; }
ValueCondition pattern(const std::string& text) {
  return {std::nullopt, compile_regex(text).regex};
}
ValueCondition present() { return {}; }

RequestHead request() {
  RequestHead head;
  head.authority = "example.com:80";
  head.path = "/a?x=1&y=&z&x=2&en=%41";
  head.method_name = "POST";
  head.content_length = 12;
  head.headers.add("X-One", "1");
  head.headers.add("x-many", "a");
  head.headers.add("X-Many", "b");
  head.headers.add("x-empty", "");
  return head;
}

bool header(std::string name, ValueCondition value, bool invert = false) {
  return HeaderCondition{std::move(name), std::move(value), invert}.matches(request());
}

TEST(HeaderCondition, compares_values_and_patterns_in_full) {
  EXPECT_TRUE(header("x-one", literal("1")));
  EXPECT_FALSE(header("x-one", literal("11")));
  EXPECT_TRUE(header("x-one", pattern("[0-9]")));
  EXPECT_FALSE(header("x-one", pattern("[0-9][0-9]")));
  EXPECT_FALSE(header("x-many", pattern("a")));
}

TEST(HeaderCondition, joins_fields_of_one_name) {
  EXPECT_TRUE(header("x-many", literal("a,b")));
  EXPECT_FALSE(header("x-many", literal("a")));
}

TEST(HeaderCondition, asks_for_presence_without_a_value) {
  EXPECT_TRUE(header("x-empty", present()));
  EXPECT_TRUE(header("x-many", present()));
  EXPECT_FALSE(header("x-gone", present()));
}

TEST(HeaderCondition, inverts_but_not_for_a_value_that_is_missing) {
  EXPECT_FALSE(header("x-one", literal("1"), true));
  EXPECT_TRUE(header("x-one", literal("2"), true));
  EXPECT_FALSE(header("x-gone", literal("1"), true));
  EXPECT_FALSE(header("x-gone", pattern(".*"), true));
  EXPECT_TRUE(header("x-gone", present(), true));
  EXPECT_FALSE(header("x-one", present(), true));
}

TEST(HeaderCondition, sees_what_is_not_a_field) {
  EXPECT_TRUE(header(":authority", literal("example.com:80")));
  EXPECT_TRUE(header("Host", literal("example.com:80")));
  EXPECT_TRUE(header(":method", literal("POST")));
  EXPECT_TRUE(header(":path", literal("/a?x=1&y=&z&x=2&en=%41")));
  EXPECT_TRUE(header(":scheme", literal("http")));
  EXPECT_TRUE(header("content-length", literal("12")));
  EXPECT_FALSE(header("upgrade", present()));
  EXPECT_FALSE(header(":status", present()));
}

TEST(QueryCondition, reads_parameters_as_they_are_written) {
  const auto query = [](std::string name, ValueCondition value) {
    return QueryCondition{std::move(name), std::move(value)}.matches("x=1&y=&z&x=2&en=%41");
  };
  EXPECT_TRUE(query("x", literal("1")));
  EXPECT_FALSE(query("x", literal("2")));
  EXPECT_TRUE(query("x", pattern("[0-9]")));
  EXPECT_TRUE(query("y", present()));
  EXPECT_TRUE(query("y", literal("")));
  EXPECT_TRUE(query("z", present()));
  EXPECT_FALSE(query("w", present()));
  EXPECT_TRUE(query("en", literal("%41")));
  EXPECT_FALSE(query("", present()));
}

TEST(RequestCondition, asks_for_all_headers_and_parameters_and_one_method) {
  RequestCondition condition;
  EXPECT_TRUE(condition.empty());
  EXPECT_TRUE(condition.matches(request()));
  condition.methods = {literal("GET"), pattern("P.*")};
  EXPECT_TRUE(condition.matches(request()));
  condition.headers.push_back({"x-one", literal("1"), false});
  condition.query.push_back({"x", literal("1")});
  EXPECT_TRUE(condition.matches(request()));
  condition.query.push_back({"w", present()});
  EXPECT_FALSE(condition.matches(request()));
  condition.query.pop_back();
  condition.headers.push_back({"x-gone", present(), false});
  EXPECT_FALSE(condition.matches(request()));
  condition.headers.pop_back();
  condition.methods = {literal("GET")};
  EXPECT_FALSE(condition.matches(request()));
}

TEST(RequestCondition, finds_no_parameter_without_a_query) {
  RequestHead head = request();
  RequestCondition condition;
  condition.query.push_back({"x", present()});
  EXPECT_TRUE(condition.matches(head));
  head.path = "/x";
  EXPECT_FALSE(condition.matches(head));
  head.path = "/x?";
  EXPECT_FALSE(condition.matches(head));
}

TEST(CompileRegex, says_why_a_pattern_is_none) {
  EXPECT_EQ(compile_regex("(a").regex, nullptr);
  EXPECT_FALSE(compile_regex("(a").error.empty());
  EXPECT_EQ(compile_regex("(?=a)").regex, nullptr);
  EXPECT_EQ(compile_regex("(a{1000}){1000}").regex, nullptr);
  EXPECT_NE(compile_regex("a+").regex, nullptr);
}

}  // namespace
}  // namespace gnomon::routing
