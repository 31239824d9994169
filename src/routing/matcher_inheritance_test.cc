#include "routing/matcher_inheritance.h"

#include <gtest/gtest.h>

#include <string>

namespace gnomon::routing {
namespace {

config::Matcher prefix(std::string path) {
  config::Matcher matcher;
  matcher.prefix = std::move(path);
  return matcher;
}

config::Matcher exact(std::string path) {
  config::Matcher matcher;
  matcher.exact = std::move(path);
  return matcher;
}

config::Matcher regex(std::string path) {
  config::Matcher matcher;
  matcher.regex = config::Located<std::string>{std::move(path), {}};
  return matcher;
}

config::Matcher with_methods(config::Matcher matcher, const std::vector<std::string>& methods) {
  for (const std::string& method : methods) matcher.methods.push_back({method, {}});
  return matcher;
}

config::Matcher with_header(config::Matcher matcher, std::string name, std::string value,
                            bool is_regex = false) {
  config::HeaderMatcher header;
  header.name = std::move(name);
  header.value.value = std::move(value);
  header.regex = is_regex;
  matcher.headers.push_back(std::move(header));
  return matcher;
}

config::Matcher with_query(config::Matcher matcher, std::string name, std::string value) {
  config::QueryMatcher query;
  query.name = std::move(name);
  query.value.value = std::move(value);
  matcher.query_parameters.push_back(std::move(query));
  return matcher;
}

config::Matcher with_case(config::Matcher matcher, bool sensitive) {
  matcher.case_sensitive = sensitive;
  return matcher;
}

TEST(Mismatch, asks_paths_to_begin_with_the_parents_prefix) {
  EXPECT_EQ(find_mismatch(prefix("/a"), prefix("/a/b")).message, "");
  EXPECT_EQ(find_mismatch(prefix("/a"), prefix("/ab")).message, "");
  EXPECT_EQ(find_mismatch(prefix("/a"), exact("/a")).message, "");
  EXPECT_EQ(find_mismatch(prefix("/a"), regex("/a/[0-9]+")).message, "");
  EXPECT_EQ(find_mismatch(prefix("/a"), prefix("/b")).message,
            "required prefix: /a, prefix: /b: invalid route: route table matchers must begin with "
            "the prefix of their parent route's matcher");
  EXPECT_NE(find_mismatch(prefix("/a"), regex("/.*")).message, "");
}

TEST(Mismatch, takes_case_sensitivity_as_it_is_written) {
  EXPECT_EQ(find_mismatch(with_case(prefix("/a"), false), with_case(prefix("/a"), false)).message,
            "");
  EXPECT_EQ(find_mismatch(prefix("/a"), with_case(prefix("/a"), true)).message,
            "required caseSensitive: absent, caseSensitive: true: invalid route: route table "
            "matchers must have the same case sensitivity of their parent route's matcher");
  EXPECT_NE(find_mismatch(with_case(prefix("/a"), false), prefix("/a")).message, "");
}

TEST(Mismatch, asks_for_all_headers_query_parameters_and_methods) {
  const config::Matcher parent = with_header(prefix("/a"), "x-a", "1");
  EXPECT_EQ(
      find_mismatch(parent, with_header(with_header(prefix("/a"), "x-b", ""), "x-a", "1")).message,
      "");
  EXPECT_EQ(find_mismatch(parent, with_header(prefix("/a"), "x-a", "2")).message,
            "required headers: [x-a=1], headers: [x-a=2]: invalid route: route table matchers must "
            "have all headers that were specified on their parent route's matcher");
  EXPECT_NE(find_mismatch(parent, with_header(prefix("/a"), "x-a", "1", true)).message, "");
  EXPECT_EQ(find_mismatch(with_query(prefix("/a"), "q", ""), prefix("/a")).message,
            "required query params: [q], query params: []: invalid route: route table matchers "
            "must have all query params that were specified on their parent route's matcher");
  const config::Matcher get = with_methods(prefix("/a"), {"GET"});
  EXPECT_EQ(find_mismatch(get, with_methods(prefix("/a"), {"POST", "GET"})).message, "");
  EXPECT_EQ(find_mismatch(get, with_methods(prefix("/a"), {"POST"})).message,
            "required methods: [GET], methods: [POST]: invalid route: route table matchers must "
            "have all methods that were specified on their parent route's matcher");
}

TEST(Inherit, stands_for_every_path_without_matchers) {
  const auto matchers = inherit({}, prefix("/a"), {});
  ASSERT_EQ(matchers.size(), 1u);
  EXPECT_EQ(matchers[0].prefix, "/");
}

TEST(Inherit, takes_over_path_and_case) {
  const auto alone = inherit({}, with_case(prefix("/a"), false), {.path_matchers = true});
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(alone[0].prefix, "/a");
  EXPECT_EQ(alone[0].case_sensitive, false);
  const auto own = inherit({exact("/b"), regex("/c")}, prefix("/a"), {.path_matchers = true});
  ASSERT_EQ(own.size(), 2u);
  for (const config::Matcher& matcher : own) {
    EXPECT_EQ(matcher.prefix, "/a");
    EXPECT_FALSE(matcher.exact || matcher.regex);
  }
}

TEST(Inherit, puts_what_the_parent_asks_before_what_the_child_asks) {
  const config::Matcher parent =
      with_methods(with_query(with_header(prefix("/a"), "x-a", "1"), "q", "1"), {"GET"});
  const config::Matcher child = with_methods(with_header(prefix("/a/b"), "x-b", "2"), {"POST"});
  const auto matchers = inherit({child}, parent, {.matchers = true});
  ASSERT_EQ(matchers.size(), 1u);
  EXPECT_EQ(matchers[0].prefix, "/a/b");
  ASSERT_EQ(matchers[0].headers.size(), 2u);
  EXPECT_EQ(matchers[0].headers[0].name, "x-a");
  EXPECT_EQ(matchers[0].methods[0].value, "GET");
  EXPECT_EQ(matchers[0].query_parameters[0].name, "q");
  EXPECT_EQ(find_mismatch(parent, matchers[0]).message, "");
}

TEST(MoreSpecific, sorts_as_gloo_does) {
  // Each comes before the next.
  const std::vector<config::Matcher> order = {
      with_methods(prefix("/"), {"GET", "PUT"}),
      with_methods(prefix("/z"), {"GET"}),
      exact("/b"),
      exact("/a"),
      regex("/b.*"),
      regex("/a.*"),
      prefix("/foo/bar"),
      prefix("/foo"),
      prefix("/"),
  };
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t j = 0; j < order.size(); ++j) {
      EXPECT_EQ(more_specific({order[i]}, {order[j]}), i < j) << i << " " << j;
    }
  }
  EXPECT_TRUE(more_specific({prefix("/a"), exact("/a")}, {prefix("/a/b")}));
  EXPECT_TRUE(more_specific({prefix("/a")}, {}));
}

}  // namespace
}  // namespace gnomon::routing
