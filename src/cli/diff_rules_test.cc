#include "cli/diff_rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compare/comparer.h"
#include "compare/proto_testing.h"

namespace gnomon::cli {
namespace {

constexpr const char* kManifest = R"(apiVersion: gnomon.dev/v1alpha1
kind: ShadowTest
metadata: {name: pets, namespace: shop}
spec:
  target: {virtualService: nowhere}
  compare:
    mode: subset
    endpoints: ['/pets/{id}']
    ignoreHeaders: [x-pod]
    bodyBytes: 64Ki
    rules:
    - {path: $.at, ignore: true}
    - {path: $.id, class: uuid, endpoints: ['GET /pets/{id}']}
---
apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {name: broken}
spec: {nonsense: true}
)";
constexpr const char* kOther = R"(---
apiVersion: gnomon.dev/v1alpha1
kind: ShadowTest
metadata: {name: cats}
spec:
  target: {virtualService: nowhere}
  compare: {rules: [{path: $.cat, ignore: true}]}
)";

// Paths of rules, one after the other, or what is wrong.
std::string rules(const RuleFlags& flags, const std::map<std::string, std::string>& texts = {}) {
  config::MemoryFiles files(texts);
  const auto read = read_diff_rules(flags, files);
  if (!read) return read.error();
  std::string out;
  for (const std::string& path : read->trial->rule_texts) out += path + " ";
  for (const std::string& path : read->request_line->rule_texts) out += from_line_path(path) + " ";
  return out;
}

RuleFlags file(std::string path, std::string test = {}) {
  RuleFlags flags;
  flags.file = std::move(path);
  flags.test = std::move(test);
  return flags;
}

// What the flags leave of the differences of two bodies.
std::string left_over(const RuleFlags& flags, std::string_view left, std::string_view right) {
  config::MemoryFiles files({});
  const auto read = read_diff_rules(flags, files);
  if (!read) return read.error();
  compare::Comparer comparer;
  compare::RuleHits hits(read->trial->rules.size());
  compare::Result result;
  comparer.compare_bodies(left, right, "application/json", read->trial->rules.for_endpoint(""),
                          hits, result);
  std::string out;
  for (const compare::Difference& each : result.differences) out += each.path + " ";
  return out;
}

TEST(DiffRules, are_those_of_the_shadow_test_in_a_manifest) {
  config::MemoryFiles files{{"test.yaml", kManifest}};
  const auto read = read_diff_rules(file("test.yaml"), files);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->trial->rule_texts, (std::vector<std::string>{"$.at", "$.id"}));
  ASSERT_EQ(read->trial->endpoints.size(), 1U);
  EXPECT_EQ(read->body_bytes, 64U << 10U);
  const compare::Rules& rules = read->trial->rules.for_endpoint("GET /pets/{id}");
  EXPECT_TRUE(rules.subset());
  EXPECT_TRUE(rules.ignores_header("X-Pod"));
  EXPECT_EQ(rules.of(compare::Area::tree).size(), 2U);
  EXPECT_EQ(read->trial->rules.for_endpoint("").of(compare::Area::tree).size(), 1U);
  EXPECT_TRUE(read->request_line->rules.for_endpoint("").subset());
}

TEST(DiffRules, of_several_tests_one_is_named) {
  const std::map<std::string, std::string> both{{"m.yaml", std::string(kManifest) + kOther}};
  EXPECT_EQ(rules(file("m.yaml", "cats"), both), "$.cat ");
  EXPECT_EQ(rules(file("m.yaml", "shop.pets"), both), "$.at $.id ");
  EXPECT_EQ(rules(file("m.yaml"), both),
            "gnomon: m.yaml: --test has to say which one: shop.pets, gloo-system.cats\n");
  EXPECT_TRUE(rules(file("m.yaml", "dogs"), both)
                  .ends_with("gnomon: m.yaml: there is no ShadowTest dogs, but shop.pets, "
                             "gloo-system.cats\n"));
}

TEST(DiffRules, may_stand_in_a_file_alone) {
  const std::map<std::string, std::string> texts{
      {"a.yaml", "compare:\n  rules:\n  - {path: $.a, ignore: true}\n"},
      {"b.json", R"({"rules": [{"path": "$.b", "regex": "x+"}]})"}};
  EXPECT_EQ(rules(file("a.yaml"), texts), "$.a ");
  EXPECT_EQ(rules(file("b.json"), texts), "$.b ");
}

TEST(DiffRules, errors_of_a_file_have_place_and_field) {
  const auto wrong = [](const char* text) { return rules(file("r.yaml"), {{"r.yaml", text}}); };
  EXPECT_EQ(wrong("compare:\n  rules:\n  - {path: $.a, regex: '['}\n"),
            "r.yaml:3:24: error: compare.rules[0].regex: missing ]: [, at its character 1\n"
            "    - {path: $.a, regex: '['}\n"
            "                         ^\n");
  EXPECT_EQ(wrong("compare: {ruels: []}\n"),
            "r.yaml:1:11: error: compare.ruels: unknown field\n"
            "  compare: {ruels: []}\n"
            "            ^\n"
            "  hint: did you mean \"rules\"?\n");
  EXPECT_EQ(wrong("rules: [{path: a}]\n").substr(0, 38), "r.yaml:1:9: error: compare.rules[0]: a");
  EXPECT_EQ(wrong("compare: {}\n---\ncompare: {}\n").substr(0, 24), "r.yaml:3:1: error: rules");
  EXPECT_EQ(wrong("compare: [\n").substr(0, 7), "r.yaml:");
  EXPECT_EQ(wrong("kind: Service\napiVersion: v1\nmetadata: {name: a}\n"),
            "gnomon: r.yaml: there is no ShadowTest in it\n");
  EXPECT_EQ(rules(file("none.yaml")), "none.yaml: error: there is no such file or directory\n");
}

TEST(DiffRules, errors_of_a_chosen_test_are_told_and_others_do_not_count) {
  std::string text = kManifest;
  EXPECT_EQ(rules(file("m.yaml"), {{"m.yaml", text}}), "$.at $.id ");
  text.replace(text.find("class: uuid"), 11, "class: uudi");
  const std::string error = rules(file("m.yaml"), {{"m.yaml", text}});
  EXPECT_NE(error.find("m.yaml:13:27: error: spec.compare.rules[1].class: "), error.npos) << error;
}

TEST(DiffRules, each_flag_is_a_rule) {
  RuleFlags flags;
  const auto check = [&](std::string_view left, std::string_view right) {
    const std::string before = left_over({}, left, right);
    EXPECT_NE(before, "") << right;
    EXPECT_EQ(left_over(flags, left, right), "") << right;
    flags = {};
  };
  flags.ignore = {"$.a"};
  check(R"({"a": 1})", R"({"a": "x"})");
  flags.ignore_value = {"$.a"};
  check(R"({"a": 1})", R"({"a": 2})");
  flags.set = {"$"};
  check("[1, 2]", "[2, 1]");
  flags.key = {"$=id,o.n"};
  check(R"([{"id": 1, "o": {"n": 1}}, {"id": 1, "o": {"n": 2}}])",
        R"([{"id": 1, "o": {"n": 2}}, {"id": 1, "o": {"n": 1}}])");
  flags.tolerance = {"$.a=0.01"};
  check(R"({"a": 100})", R"({"a": 101})");
  flags.tolerance = {"$.a=absolute:5"};
  check(R"({"a": 1})", R"({"a": 6})");
  flags.tolerance = {"$.a=time:2s"};
  check(R"({"a": "2018-06-18T11:46:23Z"})", R"({"a": "2018-06-18T11:46:25Z"})");
  flags.value_class = {"$.a=ip"};
  check(R"({"a": "10.0.0.1"})", R"({"a": "10.0.0.2"})");
  flags.regex = {"$['a=b']=x=[0-9]+"};
  check(R"({"a=b": "x=1"})", R"({"a=b": "x=2"})");
  flags.subset_at = {"$.a"};
  check(R"({"a": {}})", R"({"a": {"b": 1}})");
  flags.subset = true;
  check(R"({"a": {}})", R"({"a": {"b": 1}})");
}

TEST(DiffRules, flags_add_to_those_of_the_file) {
  RuleFlags flags = file("test.yaml");
  flags.ignore = {"$.more", "query:page"};
  flags.ignore_headers = {"x-zone*"};
  config::MemoryFiles files{{"test.yaml", kManifest}};
  const auto read = read_diff_rules(flags, files);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->trial->rule_texts, (std::vector<std::string>{"$.at", "$.id", "$.more"}));
  EXPECT_EQ(read->request_line->rule_texts, std::vector<std::string>{"$.query:page"});
  EXPECT_TRUE(read->trial->rules.for_endpoint("").ignores_header("x-zone-b"));
  EXPECT_TRUE(read->trial->rules.for_endpoint("").ignores_header("x-pod"));
}

TEST(DiffRules, errors_of_a_flag_show_it) {
  RuleFlags flags;
  flags.tolerance = {"$.a=3"};
  EXPECT_EQ(
      rules(flags),
      "--tolerance:1:49: error: compare.rules[0].tolerance.relative: must be between 0 and 1, "
      "is 3\n"
      "  {\"rules\":[{\"path\":\"$.a\",\"tolerance\":{\"relative\":\"3\"}}]}\n"
      "                                                  ^\n");
  flags = {};
  flags.regex = {"$.a"};
  EXPECT_EQ(rules(flags),
            "--regex:1:1: error: PATH=PATTERN is expected\n"
            "  $.a\n"
            "  ^\n");
  flags = {};
  flags.ignore = {"a"};
  EXPECT_NE(rules(flags).find("--ignore:1:19: error: compare.rules[0].path: a path begins with"),
            std::string::npos)
      << rules(flags);
  flags = {};
  flags.value_class = {"$.a=uudi"};
  EXPECT_NE(rules(flags).find("--class:1:"), std::string::npos) << rules(flags);
  flags = {};
  flags.tolerance = {"$.a=3s"};
  EXPECT_NE(rules(flags).find("--tolerance:1:"), std::string::npos) << rules(flags);
}

TEST(DiffRules, descriptor_set_is_a_file_beside_the_caller) {
  RuleFlags flags;
  flags.descriptor_set = "sets/pets.pb";
  config::MemoryFiles files{{"sets/pets.pb", compare::testing::pet_shop()}};
  const auto read = read_diff_rules(flags, files);
  ASSERT_TRUE(read) << read.error();
  EXPECT_NE(read->trial->schema, nullptr);
  EXPECT_NE(rules(flags).find("cannot read sets/pets.pb: there is no such file"),
            std::string::npos);
}

TEST(DiffRules, paths_in_the_first_line_of_a_request) {
  for (const std::string path :
       {"method", "path", "query:page", "query:a b", "query:a'b\\", "query:17"}) {
    const auto inner = to_line_path(path);
    ASSERT_TRUE(inner) << path;
    EXPECT_EQ(from_line_path(*inner), path);
  }
  for (const char* path : {"$.a", "header:a", "status", "query:", "methods"}) {
    EXPECT_FALSE(to_line_path(path)) << path;
  }
}

}  // namespace
}  // namespace gnomon::cli
