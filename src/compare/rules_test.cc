#include "compare/rules.h"

#include <gtest/gtest.h>

namespace gnomon::compare {
namespace {

RuleSpec spec(std::string path, RuleAction action) {
  RuleSpec out;
  out.path = std::move(path);
  out.action = action;
  return out;
}

Rule compiled(const RuleSpec& written) {
  const auto book = RuleBook::compile({{written}});
  EXPECT_TRUE(book) << book.error().message;
  return book->for_endpoint("")[0];
}

std::string problem(const RuleSpec& written) {
  const auto book = RuleBook::compile({{written}});
  if (book) return "none";
  return std::string(book.error().field) + ":" + std::to_string(book.error().column);
}

TEST(RulesTest, ErrorsNameRuleFieldAndColumn) {
  const RuleSpec good = spec("$.a", RuleAction::ignore);
  const RuleSpec bad = spec("$.a[", RuleAction::ignore);
  const auto book = RuleBook::compile({{good, bad}});
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().rule, 1U);
  EXPECT_EQ(book.error().field, "path");
  EXPECT_EQ(book.error().column, 5U);

  RuleSpec regex = spec("$.a", RuleAction::regex);
  regex.pattern = "ab(c";
  EXPECT_EQ(problem(regex), "pattern:1");
  regex.pattern = "ab[z-a]";
  EXPECT_EQ(problem(regex), "pattern:4");
  EXPECT_EQ(problem(spec("$.a", RuleAction::keyed)), "keys:1");
  RuleSpec keyed = spec("$.a", RuleAction::keyed);
  keyed.keys = {"owner..id"};
  EXPECT_EQ(problem(keyed), "keys:1");
  keyed.keys = {"owner.[id"};
  EXPECT_EQ(problem(keyed), "keys:7");
  EXPECT_EQ(problem(spec("$.a", RuleAction::tolerance)), ":1");
  EXPECT_EQ(problem(spec("status", RuleAction::tolerance)), "path:1");
  EXPECT_EQ(problem(spec("header:etag", RuleAction::keyed)), "path:1");
}

TEST(RulesTest, LearntRulesExcuseNothingButValues) {
  const auto learnt = [](std::string path, RuleAction action) {
    RuleSpec out = spec(std::move(path), action);
    out.automatic = true;
    return problem(out);
  };
  EXPECT_EQ(learnt("$.a.b", RuleAction::ignore_value), "none");
  EXPECT_EQ(learnt("$.a[*].b", RuleAction::value_class), "none");
  EXPECT_EQ(learnt("header:etag", RuleAction::ignore_value), "none");
  EXPECT_EQ(learnt("$.a", RuleAction::ignore), ":1");
  EXPECT_EQ(learnt("$.a", RuleAction::subset), ":1");
  EXPECT_EQ(learnt("$", RuleAction::ignore_value), ":1");
  EXPECT_EQ(learnt("$..a", RuleAction::ignore_value), ":1");
  EXPECT_EQ(learnt("$.a.*", RuleAction::ignore_value), ":1");
  EXPECT_EQ(learnt("header:*", RuleAction::ignore_value), ":1");
}

TEST(RulesTest, TolerancesAreInclusive) {
  RuleSpec absolute = spec("$.a", RuleAction::tolerance);
  absolute.absolute = 0.5;
  EXPECT_TRUE(compiled(absolute).excuses("1", "1.5"));
  EXPECT_TRUE(compiled(absolute).excuses("1.5", "1"));
  EXPECT_FALSE(compiled(absolute).excuses("1", "1.51"));
  EXPECT_FALSE(compiled(absolute).excuses("1", "one"));
  absolute.absolute = 0.01;
  EXPECT_TRUE(compiled(absolute).excuses("1.5", "1.51"));
  RuleSpec relative = spec("$.a", RuleAction::tolerance);
  relative.relative = 0.01;
  EXPECT_TRUE(compiled(relative).excuses("100", "99"));
  EXPECT_TRUE(compiled(relative).excuses("-100", "-99"));
  EXPECT_FALSE(compiled(relative).excuses("100", "98.9"));
  EXPECT_FALSE(compiled(relative).excuses("1e400", "2e400"));
  RuleSpec time = spec("$.a", RuleAction::tolerance);
  time.time = std::chrono::seconds(2);
  EXPECT_TRUE(compiled(time).excuses("2018-06-18T11:46:23Z", "2018-06-18T13:46:25+02:00"));
  EXPECT_FALSE(compiled(time).excuses("2018-06-18T11:46:23Z", "2018-06-18T11:46:26Z"));
  EXPECT_FALSE(compiled(time).excuses("1", "2"));
}

TEST(RulesTest, TimesMayBeFurtherApartThanADurationCanBe) {
  RuleSpec time = spec("$.a", RuleAction::tolerance);
  time.time = std::chrono::seconds(2);
  EXPECT_FALSE(compiled(time).excuses("1700-01-01", "2026-01-01"));
  EXPECT_FALSE(compiled(time).excuses("2026-01-01", "1700-01-01"));
  EXPECT_FALSE(compiled(time).excuses("1678-01-01", "2261-12-31"));
  EXPECT_FALSE(compiled(time).excuses("1678-01-01T00:00:00Z", "2261-12-31T23:59:59Z"));
  time.time = std::chrono::milliseconds::max();
  EXPECT_TRUE(compiled(time).excuses("2018-01-01", "2026-01-01"));
}

TEST(RulesTest, ClassesAndPatternsHoldForBothSides) {
  RuleSpec by_class = spec("$.a", RuleAction::value_class);
  by_class.value_class = ValueClass::ip;
  EXPECT_TRUE(compiled(by_class).excuses("10.0.0.1", "10.0.0.2"));
  EXPECT_FALSE(compiled(by_class).excuses("10.0.0.1", "none"));
  RuleSpec regex = spec("$.a", RuleAction::regex);
  regex.pattern = "pod-[0-9]+";
  EXPECT_TRUE(compiled(regex).excuses("pod-1", "pod-22"));
  EXPECT_FALSE(compiled(regex).excuses("pod-1", "pod-x"));
  EXPECT_FALSE(compiled(regex).excuses("pod-1", "my pod-22"));
}

TEST(RulesTest, AnEndpointHasItsOwnRulesAndTheGeneralOnes) {
  RuleSpec general = spec("$.a", RuleAction::ignore);
  RuleSpec special = spec("header:etag", RuleAction::ignore);
  special.endpoint = "GET /pets/{id}";
  const auto book = RuleBook::compile({{general, special}});
  ASSERT_TRUE(book);
  EXPECT_EQ(book->size(), 2U);
  EXPECT_EQ(book->for_endpoint("GET /other").of(Area::tree).size(), 1U);
  EXPECT_EQ(book->for_endpoint("GET /other").of(Area::header).size(), 0U);
  EXPECT_EQ(book->for_endpoint("GET /pets/{id}").of(Area::tree).size(), 1U);
  EXPECT_EQ(book->for_endpoint("GET /pets/{id}").of(Area::header)[0], 1U);
}

TEST(RulesTest, UsualHeadersAreIgnoredUnlessAskedFor) {
  RuleOptions options;
  options.ignore_headers = {"X-Debug-*"};
  const auto book = RuleBook::compile({}, options);
  EXPECT_TRUE(book->for_endpoint("").ignores_header("Date"));
  EXPECT_TRUE(book->for_endpoint("").ignores_header("x-debug-a"));
  EXPECT_FALSE(book->for_endpoint("").ignores_header("etag"));
  EXPECT_TRUE(Rules().ignores_header("DATE"));
  options.ignore_usual_headers = false;
  EXPECT_FALSE(RuleBook::compile({}, options)->for_endpoint("").ignores_header("Date"));
}

TEST(RulesTest, HitsAddUpAndLooksAreBounded) {
  RuleHits hits(2);
  RuleHits other(2);
  hits.select(0);
  other.select(0);
  other.excuse(1);
  hits.add(other);
  EXPECT_EQ(hits.counts()[0], (RuleHits::Counts{2, 0}));
  EXPECT_EQ(hits.counts()[1], (RuleHits::Counts{0, 1}));
  const uint32_t seen[] = {0};
  const uint32_t unseen[] = {0, 1};
  EXPECT_FALSE(hits.should_look(seen));
  int looks = 0;
  while (hits.should_look(unseen)) ++looks;
  EXPECT_EQ(looks, 64);
}

}  // namespace
}  // namespace gnomon::compare
