#include "routing/route_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace gnomon::routing {
namespace {

RouteRule prefix(std::string path, bool case_sensitive = true) {
  RouteRule rule;
  rule.kind = RouteRule::Path::prefix;
  rule.path = std::move(path);
  rule.case_sensitive = case_sensitive;
  return rule;
}

RouteRule exact(std::string path, bool case_sensitive = true) {
  RouteRule rule = prefix(std::move(path), case_sensitive);
  rule.kind = RouteRule::Path::exact;
  return rule;
}

RouteRule regex(const std::string& pattern) {
  RouteRule rule;
  rule.kind = RouteRule::Path::regex;
  rule.regex = compile_regex(pattern).regex;
  EXPECT_NE(rule.regex, nullptr) << pattern;
  return rule;
}

RouteRule with_method(RouteRule rule, std::string method) {
  rule.condition.methods.push_back({std::move(method), nullptr});
  return rule;
}

RouteTable table_of(std::vector<RouteRule> rules) {
  for (uint32_t i = 0; i < rules.size(); ++i) rules[i].route = i;
  return RouteTable(std::move(rules));
}

RequestHead request(std::string_view path, std::string_view method = "GET") {
  RequestHead head;
  head.path = path;
  head.method_name = method;
  head.method = parse_method(method);
  return head;
}

// Index of the rule that the path leads to, or -1.
int find(const RouteTable& table, std::string_view path, std::string_view method = "GET") {
  const RouteTable::Found found = table.find(request(path, method));
  return found.rule == nullptr ? -1 : static_cast<int>(found.rule->route);
}

TEST(RouteTable, takes_the_first_rule_that_matches_not_the_longest) {
  const RouteTable table =
      table_of({prefix("/a"), exact("/a/b"), prefix("/"), prefix("/b"), regex("/c.*")});
  EXPECT_EQ(find(table, "/a/b"), 0);
  EXPECT_EQ(find(table, "/abc"), 0);
  EXPECT_EQ(find(table, "/b"), 2);
  EXPECT_EQ(find(table, "/c/d"), 2);
  EXPECT_EQ(find(table, "*"), -1);
}

TEST(RouteTable, takes_an_exact_path_only_as_it_is) {
  const RouteTable table = table_of({exact("/a"), exact("/a/b")});
  EXPECT_EQ(find(table, "/a"), 0);
  EXPECT_EQ(find(table, "/a?x=1"), 0);
  EXPECT_EQ(find(table, "/a/"), -1);
  EXPECT_EQ(find(table, "/a/b"), 1);
  EXPECT_EQ(find(table, "/A"), -1);
  EXPECT_EQ(find(table, "/a/b/c/d/e/f"), -1);
}

TEST(RouteTable, takes_prefixes_as_plain_text) {
  const RouteTable table = table_of({prefix("/foo"), prefix("/bar/")});
  EXPECT_EQ(find(table, "/foo"), 0);
  EXPECT_EQ(find(table, "/foobar"), 0);
  EXPECT_EQ(find(table, "/fo"), -1);
  EXPECT_EQ(find(table, "/bar"), -1);
  EXPECT_EQ(find(table, "/bar/"), 1);
}

TEST(RouteTable, looks_at_the_path_without_its_query) {
  const RouteTable table = table_of({exact("/a?b"), prefix("/a?"), regex("/a.b"), prefix("/a")});
  EXPECT_EQ(find(table, "/a?b"), 3);
}

TEST(RouteTable, matches_regular_expressions_against_the_whole_path) {
  const RouteTable table =
      table_of({regex("/v[0-9]+/users"), regex("(?i)/items/.*"), regex(".*\\.png")});
  EXPECT_EQ(find(table, "/v12/users"), 0);
  EXPECT_EQ(find(table, "/v12/users/7"), -1);
  EXPECT_EQ(find(table, "x/v12/users"), -1);
  EXPECT_EQ(find(table, "/ITEMS/7"), 1);
  EXPECT_EQ(find(table, "/a/b.png?c"), 2);
}

TEST(RouteTable, ignores_case_only_where_it_is_told_to) {
  const RouteTable table =
      table_of({exact("/One", false), prefix("/Two", false), prefix("/three")});
  EXPECT_EQ(find(table, "/oNE"), 0);
  EXPECT_EQ(find(table, "/tWO/x"), 1);
  EXPECT_EQ(find(table, "/THREE"), -1);
}

TEST(RouteTable, keeps_the_order_between_rules_of_different_sorts) {
  const RouteTable table = table_of({with_method(prefix("/a", false), "POST"), regex("/a/[a-z]"),
                                     exact("/A/B", false), exact("/a/b"), prefix("/a")});
  EXPECT_EQ(find(table, "/a/b", "POST"), 0);
  EXPECT_EQ(find(table, "/a/b"), 1);
  EXPECT_EQ(find(table, "/A/b"), 2);
  EXPECT_EQ(find(table, "/a/bc"), 4);
}

TEST(RouteTable, goes_on_where_a_condition_fails) {
  const RouteTable table =
      table_of({with_method(exact("/a"), "GET"), with_method(exact("/a"), "POST"),
                with_method(prefix("/a"), "PUT"), prefix("/")});
  EXPECT_EQ(find(table, "/a", "GET"), 0);
  EXPECT_EQ(find(table, "/a", "POST"), 1);
  EXPECT_EQ(find(table, "/a", "PUT"), 2);
  EXPECT_EQ(find(table, "/a", "DELETE"), 3);
}

TEST(RouteTable, says_how_much_of_the_path_matched) {
  const RouteTable table = table_of({prefix("/a/", false), exact("/b/c"), regex("/d.*")});
  EXPECT_EQ(table.find(request("/A/b?c")).matched_path_bytes, 3u);
  EXPECT_EQ(table.find(request("/b/c?d")).matched_path_bytes, 4u);
  EXPECT_EQ(table.find(request("/d/e?f")).matched_path_bytes, 4u);
}

TEST(RouteTable, never_finds_a_rule_that_never_matches) {
  RouteRule never = prefix("/");
  never.kind = RouteRule::Path::never;
  EXPECT_EQ(find(table_of({never}), "/"), -1);
  EXPECT_EQ(find(table_of({}), "/"), -1);
}

// The index against the plain reading of the rules: try each in order.
int find_by_walking(const std::vector<RouteRule>& rules, const RequestHead& head) {
  const std::string_view path = path_only(head.path);
  for (size_t i = 0; i < rules.size(); ++i) {
    const RouteRule& rule = rules[i];
    const std::string have = rule.case_sensitive ? std::string(path) : to_lower(path);
    const std::string want = rule.case_sensitive ? rule.path : to_lower(rule.path);
    const bool matches = rule.kind == RouteRule::Path::exact    ? have == want
                         : rule.kind == RouteRule::Path::prefix ? have.starts_with(want)
                                                                : matches_fully(*rule.regex, path);
    if (matches && rule.condition.matches(head)) return static_cast<int>(i);
  }
  return -1;
}

TEST(RouteTable, agrees_with_trying_every_rule_in_order) {
  std::mt19937 random(
      20240607);  // NOLINT(bugprone-random-generator-seed): the same cases each time
  const auto pick = [&](size_t n) { return random() % n; };
  const std::vector<std::string> segments{"/a", "/A", "/b", "/ab", "/", "/aB"};
  const auto path = [&] {
    std::string out;
    for (size_t i = pick(4); i > 0; --i) out += segments[pick(segments.size())];
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<RouteRule> rules;
    for (size_t i = 1 + pick(round % 3 == 0 ? 80 : 12); i > 0; --i) {
      RouteRule rule =
          pick(3) == 0 ? exact(path(), pick(3) != 0)
          : pick(3) == 0
              ? regex((pick(2) == 0 ? "" : "/?a?") + path() + (pick(2) == 0 ? ".*" : "[a-b]?"))
              : prefix(path(), pick(3) != 0);
      if (pick(3) == 0) rule = with_method(std::move(rule), pick(2) == 0 ? "GET" : "POST");
      rules.push_back(std::move(rule));
    }
    const RouteTable table = table_of(rules);
    for (int i = 0; i < 40; ++i) {
      const std::string wanted = path() + (pick(4) == 0 ? "?q" : "");
      const std::string method = pick(2) == 0 ? "GET" : "POST";
      ASSERT_EQ(find(table, wanted, method), find_by_walking(rules, request(wanted, method)))
          << wanted << " in round " << round;
    }
  }
}

}  // namespace
}  // namespace gnomon::routing
