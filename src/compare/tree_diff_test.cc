#include "compare/tree_diff.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "base/rng.h"
#include "compare/json_reader.h"

namespace gnomon::compare {
namespace {

RuleSpec rule(std::string path, RuleAction action) {
  RuleSpec out;
  out.path = std::move(path);
  out.action = action;
  return out;
}

class TreeDiffTest : public testing::Test {
 protected:
  void rules(const std::vector<RuleSpec>& specs, const RuleOptions& options = {}) {
    auto book = RuleBook::compile(specs, options);
    ASSERT_TRUE(book) << book.error().message;
    book_ = std::move(*book);
    hits_ = RuleHits(specs.size());
  }

  // "path kind", with "xN" where it occurs several times and "!N" for the rule that excuses it.
  std::string diff(std::string_view left, std::string_view right) {
    EXPECT_EQ(reader_.read(left, {}, left_), ReadStatus::ok) << left;
    EXPECT_EQ(reader_.read(right, {}, right_), ReadStatus::ok) << right;
    Findings findings(limits_);
    findings.begin(result_, hits_);
    diff_.run(left_, right_, book_.for_endpoint(""), hits_, findings);
    std::string out;
    for (const Difference& d : result_.differences) append(out, d);
    for (const Difference& d : result_.excused) append(out, d);
    return out;
  }

  static void append(std::string& out, const Difference& d) {
    if (!out.empty()) out += "; ";
    out += fmt::format("{} {}", d.path, to_string(d.kind));
    if (d.count != 1) out += fmt::format(" x{}", d.count);
    if (d.rule != kNoRule) out += fmt::format(" !{}", d.rule);
  }

  ResultLimits limits_;
  RuleBook book_;
  RuleHits hits_{0};
  JsonReader reader_;
  Document left_;
  Document right_;
  TreeDiff diff_;
  Result result_;
};

// A hundred differences below a name that fills a body.
TEST_F(TreeDiffTest, LongNamesDoNotMakeLongPaths) {
  const std::string name(100'000, 'n');
  EXPECT_EQ(
      diff(fmt::format(R"({{"{}":{{"a":1}}}})", name), fmt::format(R"({{"{}":{{"a":2}}}})", name)),
      "$.{}.a value");
  EXPECT_LT(result_.differences[0].where.size(), 200U);
}

// A rule for any depth is looked for at each level of arrays within arrays.
TEST_F(TreeDiffTest, RulesAreLookedForWithinALimit) {
  rules({rule("$..x", RuleAction::ignore)});
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "1,";
  const auto nested = [&](int levels, const char* last) {
    return std::string(levels, '[') + many + last + std::string(levels, ']');
  };
  EXPECT_NE(diff(nested(10, "2"), nested(10, "3")), "");
  EXPECT_FALSE(result_.limits.has(Limit::edit_distance));
  EXPECT_NE(diff(nested(200, "2"), nested(200, "3")), "");
  EXPECT_TRUE(result_.limits.has(Limit::edit_distance));
}

TEST_F(TreeDiffTest, ValuesAndTypes) {
  EXPECT_EQ(diff("1", "1.0"), "");
  EXPECT_EQ(diff("1", "2"), "$ value");
  EXPECT_EQ(diff("1", "\"1\""), "$ type");
  EXPECT_EQ(diff("null", "{}"), "$ type");
  EXPECT_EQ(diff("true", "false"), "$ value");
  EXPECT_EQ(diff(R"({"a":{"b":1}})", R"({"a":{"b":2}})"), "$.a.b value");
  EXPECT_EQ(result_.differences[0].left, "1");
  EXPECT_EQ(result_.differences[0].right, "2");
}

TEST_F(TreeDiffTest, MembersInAnyOrder) {
  EXPECT_EQ(diff(R"({"a":1,"b":2,"c":3})", R"({"c":3,"a":1.0,"b":2})"), "");
  EXPECT_EQ(diff(R"({"a":1,"b":2})", R"({"b":3,"c":1})"), "$.a removed; $.b value; $.c added");
  EXPECT_EQ(diff(R"({"a":1,"c":2})", R"({"a":1,"b":9,"c":2})"), "$.b added");
  EXPECT_EQ(diff(R"({"a":1,"a":2})", R"({"a":1})"), "$.a removed");
  EXPECT_EQ(diff(R"({"a":1,"a":2})", R"({"a":2,"a":1})"), "$.a value x2");
  EXPECT_EQ(diff(R"({"a":1,"b":0,"a":2})", R"({"a":1,"a":2,"b":0})"), "");
}

TEST_F(TreeDiffTest, Lists) {
  EXPECT_EQ(diff("[1,2,3]", "[1,2,4]"), "$[*] value");
  EXPECT_EQ(diff("[1,2,3]", "[2,3,4]"), "$[*] removed; $[*] added");
  EXPECT_EQ(diff("[1,2,3]", "[3,2,1]"), "$ ordering");
  EXPECT_EQ(diff("[1,2,3]", "[1,2,3,4,5]"), "$[*] added x2");
  EXPECT_EQ(
      diff(R"([{"id":1,"n":"a"},{"id":2,"n":"b"}])", R"([{"id":2,"n":"b"},{"id":1,"n":"a"}])"),
      "$ ordering");
  EXPECT_EQ(diff(R"([{"id":1,"n":"a"},{"id":2,"n":"b"}])",
                 R"([{"id":0,"n":"x"},{"id":1,"n":"A"},{"id":2,"n":"B"}])"),
            "$[*] added; $[*].n value x2");
  EXPECT_EQ(diff("[[1,2],[3,4]]", "[[1,2],[3,5]]"), "$[*][*] value");
  EXPECT_EQ(result_.differences[0].where, "$[1][1]");
}

TEST_F(TreeDiffTest, DynamicNames) {
  EXPECT_EQ(diff(R"({"p":{"17":{"x":1},"18":{"x":1}}})", R"({"p":{"17":{"x":2},"18":{"x":2}}})"),
            "$.p.{}.x value x2");
  EXPECT_EQ(result_.differences[0].where, "$.p.17.x");
  std::string left = "{";
  std::string right = "{";
  for (int i = 0; i < 60; ++i) {
    const char name[] = {static_cast<char>('a' + i % 26), static_cast<char>('a' + i / 26), '\0'};
    left += fmt::format("{}\"{}\":1", i != 0 ? "," : "", name);
    right += fmt::format("{}\"{}\":2", i != 0 ? "," : "", name);
  }
  EXPECT_EQ(diff(left + "}", right + "}"), "$.{} value x60");
}

TEST_F(TreeDiffTest, IgnoredPlacesMayBeAnythingOrNothing) {
  rules({rule("$.a", RuleAction::ignore)});
  EXPECT_EQ(diff(R"({"a":1,"b":1})", R"({"a":2,"b":1})"), "$.a value !0");
  EXPECT_TRUE(result_.equal());
  EXPECT_EQ(diff(R"({"a":1,"b":1})", R"({"b":1})"), "$.a removed !0");
  EXPECT_EQ(diff(R"({"b":1})", R"({"a":{"c":1},"b":2})"), "$.b value; $.a added !0");
  EXPECT_EQ(diff(R"({"a":[1]})", R"({"a":"x"})"), "$.a type !0");
  EXPECT_EQ(hits_.counts()[0], (RuleHits::Counts{4, 4}));
}

TEST_F(TreeDiffTest, IgnoredValuesMustBeThereAndOfTheirType) {
  rules({rule("$.a", RuleAction::ignore_value)});
  EXPECT_EQ(diff(R"({"a":1})", R"({"a":2})"), "$.a value !0");
  EXPECT_EQ(diff(R"({"a":1})", R"({"a":"2"})"), "$.a type");
  EXPECT_EQ(diff(R"({"a":1})", R"({})"), "$.a removed");
  EXPECT_EQ(diff(R"({"a":{"x":1,"y":"p"}})", R"({"a":{"x":2,"y":"q"}})"),
            "$.a.x value !0; $.a.y value !0");
  EXPECT_EQ(diff(R"({"a":{"x":1}})", R"({"a":{"z":1}})"), "$.a.x removed; $.a.z added");
}

TEST_F(TreeDiffTest, PathsOfRules) {
  rules({rule("$..id", RuleAction::ignore), rule("$.list[1]", RuleAction::ignore),
         rule("$.map.{}.t", RuleAction::ignore_value), rule("$['a b']", RuleAction::ignore)});
  EXPECT_EQ(diff(R"({"id":1,"x":{"y":[{"id":2}]}})", R"({"id":3,"x":{"y":[{"id":4}]}})"),
            "$.id value !0; $.x.y[*].id value !0");
  EXPECT_EQ(diff(R"({"list":[1,2,3]})", R"({"list":[1,5,6]})"),
            "$.list[*] value; $.list[*] value !1");
  EXPECT_EQ(diff(R"({"map":{"p":{"t":1}}})", R"({"map":{"p":{"t":2}}})"), "$.map.p.t value !2");
  EXPECT_EQ(diff(R"({"a b":1})", R"({"a b":2})"), "$['a b'] value !3");
}

TEST_F(TreeDiffTest, SetsHeedNoOrder) {
  rules({rule("$.s", RuleAction::set), rule("$.s[*].t", RuleAction::ignore)});
  EXPECT_EQ(diff(R"({"s":[1,2,3]})", R"({"s":[3,1,2]})"), "$.s ordering !0");
  EXPECT_EQ(diff(R"({"s":[1,2,2]})", R"({"s":[2,1]})"), "$.s[*] removed");
  EXPECT_EQ(
      diff(R"({"s":[{"a":1,"b":1},{"a":2,"b":2}]})", R"({"s":[{"a":2,"b":2},{"a":1,"b":9}]})"),
      "$.s[*].b value");
  EXPECT_EQ(
      diff(R"({"s":[{"a":1,"t":1},{"a":2,"t":2}]})", R"({"s":[{"a":2,"t":3},{"a":1,"t":4}]})"),
      "$.s[*].t value x2 !1");
}

TEST_F(TreeDiffTest, KeyedElementsArePairedByTheirMembers) {
  RuleSpec keyed = rule("$", RuleAction::keyed);
  keyed.keys = {"id"};
  rules({keyed});
  EXPECT_EQ(
      diff(R"([{"id":1,"n":"a"},{"id":2,"n":"b"}])", R"([{"id":2,"n":"B"},{"id":1,"n":"a"}])"),
      "$[*].n value");
  EXPECT_EQ(diff(R"([{"id":1},{"id":2}])", R"([{"id":2},{"id":1}])"), "$ ordering !0");
  EXPECT_EQ(diff(R"([{"id":1},{"id":2}])", R"([{"id":3},{"id":1.0}])"), "$[*] removed; $[*] added");
  EXPECT_EQ(diff(R"([{"n":1},7])", R"([{"n":2},7])"), "$[*].n value");
  keyed.keys = {"o.id", "k"};
  rules({keyed});
  EXPECT_EQ(diff(R"([{"o":{"id":1},"k":1,"v":1},{"o":{"id":1},"k":2,"v":2}])",
                 R"([{"o":{"id":1},"k":2,"v":2},{"o":{"id":1},"k":1,"v":3}])"),
            "$[*].v value");
}

// Elements that differ only in what rules excuse are the same when lists are aligned.
TEST_F(TreeDiffTest, ListsAreAlignedWithoutWhatIsExcused) {
  rules({rule("$[*].t", RuleAction::ignore)});
  EXPECT_EQ(
      diff(R"([{"a":1,"t":1},{"a":2,"t":2},{"a":3,"t":3}])", R"([{"a":2,"t":5},{"a":3,"t":6}])"),
      "$[*] removed; $[*].t value x2 !0");
  EXPECT_EQ(diff(R"([{"a":1,"t":1},{"a":2,"t":2}])", R"([{"a":2,"t":3},{"a":1,"t":4}])"),
            "$ ordering; $[*].t value x2 !0");
  RuleSpec tolerance = rule("$[*].p", RuleAction::tolerance);
  tolerance.absolute = 0.1;
  rules({tolerance});
  EXPECT_EQ(diff(R"([{"a":1,"p":1},{"a":2,"p":2}])", R"([{"a":1,"p":1.05},{"a":2,"p":3}])"),
            "$[*].p value; $[*].p value !0");
}

RuleSpec absolute_tolerance(std::string path, double amount) {
  RuleSpec out = rule(std::move(path), RuleAction::tolerance);
  out.absolute = amount;
  return out;
}

TEST_F(TreeDiffTest, SetsAreEqualWhereSomePairingIsEqualUnderTheRules) {
  rules({rule("$", RuleAction::set), absolute_tolerance("$", 0.01)});
  EXPECT_EQ(diff("[1.0,2.0]", "[2.0,1.0]"), "$ ordering !0");
  EXPECT_EQ(diff(R"(["a","b"])", R"(["b","a"])"), "$ ordering !0");
  EXPECT_EQ(diff("[1.0,2.0]", "[2.005,1.0]"), "$[*] value !1");
  EXPECT_EQ(diff("[1.0,2.0]", "[2.5,1.0]"), "$[*] removed; $[*] added");
  EXPECT_EQ(diff("[1.0,2.0]", "[2.0,1.0,1.0]"), "$[*] added");
  // 1.008 may stand for both, 1.0 only for one.
  EXPECT_EQ(diff("[1.008,1.0]", "[1.015,1.008]"), "$[*] value x2 !1");
  EXPECT_EQ(
      diff(R"([{"p":1.008,"q":5},{"p":1.0,"q":5}])", R"([{"p":1.015,"q":5},{"p":1.008,"q":5}])"),
      "$[*].p value x2 !1");
  // The sums say nothing here: every way has to be tried.
  EXPECT_EQ(diff(R"([{"p":1,"q":4},{"p":2,"q":3},{"p":3,"q":2}])",
                 R"([{"p":3.001,"q":2},{"p":1,"q":4.001},{"p":2,"q":3.001}])"),
            "$[*].q value x2 !1; $[*].p value !1");
  EXPECT_EQ(diff(R"([{"p":1},{"p":2}])", R"([{"p":2},{"p":1.001}])"), "$[*].p value !1");
}

TEST_F(TreeDiffTest, SetsOfSetsAndOfWhatMayHaveMore) {
  rules({rule("$", RuleAction::set), rule("$[*].t", RuleAction::set)});
  EXPECT_EQ(diff(R"([{"t":[1,2]},{"t":[3]}])", R"([{"t":[3]},{"t":[2,1]}])"), "$[*].t ordering !1");
  rules({rule("$", RuleAction::set)}, {.subset = true});
  EXPECT_EQ(diff(R"([{"a":1},{"a":2}])", R"([{"b":1,"a":2},{"b":1,"a":1}])"),
            "$[*].b added x2 !-2");
}

TEST_F(TreeDiffTest, SetsUnderOtherRulesForValues) {
  RuleSpec regex = rule("$..host", RuleAction::regex);
  regex.pattern = "pod-\\d+";
  rules({rule("$", RuleAction::set), regex, rule("$..id", RuleAction::ignore_value)});
  EXPECT_EQ(diff(R"([{"host":"pod-1"},{"host":"a"},{"host":"b"}])",
                 R"([{"host":"b"},{"host":"a"},{"host":"pod-2"}])"),
            "$[*].host value !1");
  EXPECT_EQ(diff(R"([{"id":1},{"id":2}])", R"([{"id":3},{"id":4},{"id":5}])"),
            "$[*] added; $[*].id value x2 !2");
}

TEST_F(TreeDiffTest, ExchangingTheSidesExchangesWhatIsFound) {
  rules({rule("$", RuleAction::set), absolute_tolerance("$", 2)});
  Rng rng(5);
  for (int round = 0; round < 500; ++round) {
    std::string left = "[";
    std::string right = "[";
    for (std::string* const side : {&left, &right}) {
      for (uint64_t i = rng.below(5); i > 0; --i) {
        *side += fmt::format(R"({{"p":{},"q":{}}},)", rng.below(8), rng.below(8));
      }
      *side += "0]";
    }
    const auto sorted = [&](const std::string& found) {
      std::vector<std::string> parts;
      std::istringstream rest(found);
      for (std::string part; std::getline(rest, part, ';');) {
        if (part.starts_with(' ')) part.erase(0, 1);
        parts.push_back(part);
      }
      std::ranges::sort(parts);
      return fmt::format("{}", fmt::join(parts, ";"));
    };
    const std::string there = sorted(diff(left, right));
    std::string back = diff(right, left);
    for (size_t at = 0; (at = back.find_first_of("ar", at)) != back.npos; ++at) {
      if (back.substr(at, 5) == "added") {
        back.replace(at, 5, "removed");
      } else if (back.substr(at, 7) == "removed") {
        back.replace(at, 7, "added");
      }
    }
    EXPECT_EQ(there, sorted(back)) << left << right;
  }
}

// A set of many that are alike is matched by what they amount to, and what is left has a limit.
TEST_F(TreeDiffTest, LargeSetsAreMatchedWithinALimit) {
  rules({rule("$", RuleAction::set), absolute_tolerance("$", 0.25)});
  std::string left;
  std::string right;
  for (int i = 0; i < 1000; ++i) {
    left += fmt::format(R"({{"p":{},"q":1}},)", i);
    right += fmt::format(R"({{"q":1,"p":{}.2}},)", 999 - i);
  }
  EXPECT_EQ(diff("[" + left + "0]", "[" + right + "0]"), "$[*].p value x1000 !1");
  EXPECT_FALSE(result_.limits.has(Limit::edit_distance));
  EXPECT_EQ(diff("[" + left + R"({"p":5000,"q":1}])", "[" + right + R"({"p":7000,"q":1}])"),
            "$[*].p value; $[*].p value x1000 !1");
  EXPECT_TRUE(result_.limits.has(Limit::edit_distance));
}

TEST_F(TreeDiffTest, ListsUnderATolerance) {
  rules({absolute_tolerance("$", 0.01)});
  EXPECT_EQ(diff("[1,2,3]", "[0,1,2,3]"), "$[*] added");
  EXPECT_EQ(diff("[1,2,3]", "[0,1.001,2.001,3]"), "$[*] added; $[*] value x2 !0");
  EXPECT_EQ(diff("[1,2,3,4]", "[2,3,4,5]"), "$[*] removed; $[*] added");
  EXPECT_EQ(diff("[1,2,3]", "[3,1,2]"), "$ ordering");
  EXPECT_EQ(diff("[1.0,1.005]", "[1.005,1.0]"), "$[*] value x2 !0");
  EXPECT_EQ(diff("[[1,2],[3]]", "[[1.001,2],[3.001]]"), "$[*][*] value x2 !0");
  EXPECT_EQ(diff(R"([{"p":1},{"p":2},{"p":3}])", R"([{"p":2},{"p":3},{"p":4}])"),
            "$[*] removed; $[*] added");
  EXPECT_EQ(diff(R"(["a","b"])", R"(["b","a"])"), "$ ordering");
}

TEST_F(TreeDiffTest, ValueRules) {
  RuleSpec tolerance = rule("$", RuleAction::tolerance);
  tolerance.relative = 0.01;
  RuleSpec uuid = rule("$.id", RuleAction::value_class);
  RuleSpec regex = rule("$.host", RuleAction::regex);
  regex.pattern = "pod-\\d+";
  rules({tolerance, uuid, regex});
  EXPECT_EQ(diff(R"({"a":100,"b":1})", R"({"a":100.5,"b":2})"), "$.b value; $.a value !0");
  EXPECT_EQ(diff(R"({"id":"5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d"})",
                 R"({"id":"6f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d"})"),
            "$.id value !1");
  EXPECT_EQ(diff(R"({"id":"5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d"})", R"({"id":"none"})"),
            "$.id value");
  EXPECT_EQ(diff(R"({"host":"pod-1"})", R"({"host":"pod-2"})"), "$.host value !2");
  EXPECT_EQ(diff(R"({"host":"pod-1"})", R"({"host":"pod-x"})"), "$.host value");
}

TEST_F(TreeDiffTest, SubsetLetsTheRightSideHaveMore) {
  rules({rule("$.a", RuleAction::subset)});
  EXPECT_EQ(diff(R"({"a":{"x":1}})", R"({"a":{"x":1,"y":{"z":1}}})"), "$.a.y added !0");
  EXPECT_EQ(diff(R"({"a":{"x":[1]}})", R"({"a":{"x":[1,2]}})"), "$.a.x[*] added !0");
  EXPECT_EQ(diff(R"({"a":{"x":1}})", R"({"a":{}})"), "$.a.x removed");
  EXPECT_EQ(diff(R"({"b":1})", R"({"b":1,"c":1})"), "$.c added");
  rules({}, {.subset = true});
  EXPECT_EQ(diff(R"({"b":1})", R"({"b":1,"c":1})"), "$.c added !-2");
  EXPECT_TRUE(result_.equal());
}

TEST_F(TreeDiffTest, ListedDifferencesAreBoundedAndTheRestCounted) {
  limits_.differences = 2;
  limits_.preview_bytes = 10;
  EXPECT_EQ(diff(R"({"a":1,"b":1,"c":1,"d":1})", R"({"a":2,"b":2,"c":2,"d":2})"),
            "$.a value; $.b value");
  EXPECT_EQ(result_.left_out, 2U);
  EXPECT_TRUE(result_.limits.has(Limit::differences));
  EXPECT_FALSE(result_.equal());
  diff(R"({"a":"0123456789abcdef"})", R"({"a":{"b":[1,2,3,4,5]}})");
  EXPECT_EQ(result_.differences[0].left, "\"012345678\xE2\x80\xA6");
  EXPECT_EQ(result_.differences[0].right, "{\"b\":[1,2,\xE2\x80\xA6");
}

TEST_F(TreeDiffTest, ListsThatAreTooFarApartSaySo) {
  std::string left = "[";
  std::string right = "[";
  for (int i = 0; i < 1000; ++i) {
    left += fmt::format("{},", i);
    right += fmt::format("{},", 999 - i);
  }
  EXPECT_EQ(diff(left + "0]", right + "-1]"), "$[*] value x1001");
  EXPECT_TRUE(result_.limits.has(Limit::edit_distance));
}

TEST_F(TreeDiffTest, LookingThroughCountsWhatRulesLeadTo) {
  rules({rule("$..id", RuleAction::ignore), rule("$.none", RuleAction::ignore)});
  ASSERT_EQ(reader_.read(R"({"id":1,"a":[{"id":2}]})", {}, left_), ReadStatus::ok);
  RuleWalk walk;
  walk.look_through(book_.for_endpoint(""), left_, hits_);
  EXPECT_EQ(hits_.counts()[0], (RuleHits::Counts{2, 0}));
  EXPECT_EQ(hits_.counts()[1], (RuleHits::Counts{0, 0}));
}

}  // namespace
}  // namespace gnomon::compare
