#include "config/schema.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/rules.h"
#include "config/testing.h"

namespace gnomon::config {

struct Point {
  Position at;
  float lengthCm = 0;
};

enum class Shape : uint8_t { round, square };

std::span<const EnumName<Shape>> enum_names(Shape /*tag*/) {
  static constexpr EnumName<Shape> kNames[] = {{"ROUND", Shape::round}, {"SQUARE", Shape::square}};
  return kNames;
}

struct Thing {
  std::string title;
  std::optional<uint32_t> size;
  int64_t big_number = 0;
  bool on = false;
  Duration wait{};
  Shape shape = Shape::round;
  std::vector<Point> points;
  Labels labels;
  Located<bool> future;
};

void describe(Schema<Point>& s) {
  s.field("lengthCm", &Point::lengthCm, kRequired, in_range(0.0F, 100.0F));
}

void describe(Schema<Thing>& s) {
  s.field("title", &Thing::title, kNotEmpty);
  s.field("size", &Thing::size, in_range<uint32_t>(1, 10));
  s.field("bigNumber", &Thing::big_number);
  s.field("on", &Thing::on);
  s.field("wait", &Thing::wait, kNotNegative);
  s.field("shape", &Thing::shape);
  s.field("points", &Thing::points);
  s.field("labels", &Thing::labels);
  s.unserved("future", &Thing::future);
  s.unserved({"someOther"}, "costs extra");
  s.ignored({"comment"});
  s.one_of({"title", "future"});
}

namespace {

struct Result {
  Thing thing;
  bool good = false;
  std::string problems;
};

Result read_thing(std::string text) {
  const auto sources = std::make_shared<Sources>();
  Diagnostics diagnostics(sources);
  const uint32_t file = sources->add("test.yaml", std::move(text));
  YamlReader reader(*sources, file, diagnostics);
  Result result;
  if (const Node* root = reader.next()) {
    result.good = read(*root, Scope(diagnostics, "spec"), result.thing);
  }
  result.problems = brief(diagnostics.sorted());
  return result;
}

TEST(Schema, reads_every_type_of_field) {
  const Result result = read_thing(
      "title: a\nsize: 3\nbigNumber: '9007199254740993'\non: yes\nwait: 1.5s\nshape: SQUARE\n"
      "points: [{lengthCm: 2.5}]\nlabels: {k: v}\ncomment: [what, ever]\n");
  EXPECT_EQ(result.problems, "");
  EXPECT_TRUE(result.good);
  EXPECT_EQ(result.thing.title, "a");
  EXPECT_EQ(result.thing.size, 3u);
  EXPECT_EQ(result.thing.big_number, 9007199254740993);
  EXPECT_TRUE(result.thing.on);
  EXPECT_EQ(result.thing.wait, std::chrono::milliseconds(1500));
  EXPECT_EQ(result.thing.shape, Shape::square);
  ASSERT_EQ(result.thing.points.size(), 1u);
  EXPECT_EQ(result.thing.points[0].lengthCm, 2.5F);
  EXPECT_EQ(result.thing.points[0].at, (Position{0, 7, 10}));
  EXPECT_EQ(result.thing.labels.at("k"), "v");
}

TEST(Schema, accepts_snake_case_and_null) {
  const Result result = read_thing("big_number: 5\nsize:\npoints: [{length_cm: 1}]\ntitle: ~\n");
  EXPECT_EQ(result.problems, "");
  EXPECT_EQ(result.thing.big_number, 5);
  EXPECT_EQ(result.thing.size, std::nullopt);
  EXPECT_EQ(result.thing.points.at(0).lengthCm, 1);
}

TEST(Schema, takes_an_enum_by_number) {
  EXPECT_EQ(read_thing("shape: 1\n").thing.shape, Shape::square);
}

TEST(Schema, reports_what_is_wrong_and_where) {
  struct Case {
    const char* text;
    const char* problems;
  };
  const Case cases[] = {
      {"sise: 1\n", "1:1 error: spec.sise: unknown field\n"},
      {"size: 0\n", "1:7 error: spec.size: must be between 1 and 10, is 0\n"},
      {"size: -1\n",
       "1:7 error: spec.size: expected a whole number from 0 to 4294967295, found a number "
       "\"-1\"\n"},
      {"size: 1.5\n",
       "1:7 error: spec.size: expected a whole number from 0 to 4294967295, found a number "
       "\"1.5\"\n"},
      {"size: [1]\n",
       "1:7 error: spec.size: expected a whole number from 0 to 4294967295, found a list\n"},
      {"title: 5\n", "1:8 error: spec.title: expected a string, found a number \"5\"\n"},
      {"title: yes\n", "1:8 error: spec.title: expected a string, found a boolean \"yes\"\n"},
      {"title: ''\n", "1:8 error: spec.title: must not be empty\n"},
      {"title: {}\n", "1:8 error: spec.title: expected a string, found a mapping\n"},
      {"on: 'yes'\n", "1:5 error: spec.on: expected true or false, found a string \"yes\"\n"},
      {"on: 1\n", "1:5 error: spec.on: expected true or false, found a number \"1\"\n"},
      {"wait: 5\n", "1:7 error: spec.wait: expected a duration, found a number \"5\"\n"},
      {"wait: -1s\n", "1:7 error: spec.wait: must not be negative, is -1s\n"},
      {"shape: OVAL\n",
       "1:8 error: spec.shape: expected one of ROUND, SQUARE, found a string \"OVAL\"\n"},
      {"shape: 2\n",
       "1:8 error: spec.shape: expected one of ROUND, SQUARE, found a number \"2\"\n"},
      {"points: {}\n", "1:9 error: spec.points: expected a list, found a mapping\n"},
      {"points: [{}]\n", "1:10 error: spec.points[0]: \"lengthCm\" is missing\n"},
      {"points: [{lengthCm: .nan}]\n",
       "1:21 error: spec.points[0].lengthCm: must be between 0 and 100, is .nan\n"},
      {"points: [{lengthCm: 1}, 2]\n",
       "1:25 error: spec.points[1]: expected a mapping, found a number \"2\"\n"},
      {"labels: {a: 1}\n", "1:13 error: spec.labels.a: expected a string, found a number \"1\"\n"},
      {"bigNumber: 1\nbig_number: 2\n", "2:1 error: spec.bigNumber: given twice\n"},
      {"5\n", "1:1 error: spec: expected a mapping, found a number \"5\"\n"},
      {"title: a\nfuture: {}\n",
       "2:1 warning: spec.future: is not implemented yet and has no effect\n"
       "2:1 error: spec: only one of title, future may be given\n"},
  };
  for (const Case& c : cases) {
    const Result result = read_thing(c.text);
    EXPECT_EQ(result.problems, c.problems);
    EXPECT_FALSE(result.good) << c.text;
  }
}

TEST(Schema, reports_all_problems_at_once) {
  EXPECT_EQ(read_thing("sise: 1\non: maybe\npoints: [{lengthCm: 200}, {}]\n").problems,
            "1:1 error: spec.sise: unknown field\n"
            "2:5 error: spec.on: expected true or false, found a string \"maybe\"\n"
            "3:21 error: spec.points[0].lengthCm: must be between 0 and 100, is 200\n"
            "3:27 error: spec.points[1]: \"lengthCm\" is missing\n");
}

TEST(Schema, warns_of_known_fields_that_have_no_effect) {
  const Result result = read_thing("someOther: {deep: [1]}\nfuture: true\n");
  EXPECT_TRUE(result.good);
  EXPECT_TRUE(result.thing.future.value);
  EXPECT_EQ(result.problems,
            "1:1 warning: spec.someOther: costs extra\n"
            "2:1 warning: spec.future: is not implemented yet and has no effect\n");
}

TEST(Schema, does_not_warn_of_what_is_switched_off) {
  EXPECT_EQ(read_thing("someOther: false\n").problems, "");
}

TEST(Schema, suggests_what_was_meant) {
  const auto hint = [](std::string text) {
    const auto sources = std::make_shared<Sources>();
    Diagnostics diagnostics(sources);
    YamlReader reader(*sources, sources->add("t", std::move(text)), diagnostics);
    Thing thing;
    read(*reader.next(), Scope(diagnostics, ""), thing);
    return diagnostics.sorted().at(0).hint;
  };
  EXPECT_EQ(hint("tilte: a\n"), "did you mean \"title\"?");
  EXPECT_EQ(hint("big-number: 1\n"), "did you mean \"bigNumber\"?");
  EXPECT_EQ(hint("Labels: {}\n"), "did you mean \"labels\"?");
  EXPECT_EQ(hint("shape: SQARE\n"), "did you mean SQUARE?");
  EXPECT_EQ(hint("elephant: 1\n"), "");
}

}  // namespace
}  // namespace gnomon::config
