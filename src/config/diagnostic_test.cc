#include "config/diagnostic.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace gnomon::config {
namespace {

class DiagnosticTest : public ::testing::Test {
 protected:
  explicit DiagnosticTest() : sources_(std::make_shared<Sources>()), found_(sources_) {}

  uint32_t add(std::string text) { return sources_->add("a.yaml", std::move(text)); }

  std::shared_ptr<Sources> sources_;
  Diagnostics found_;
};

TEST_F(DiagnosticTest, draws_the_caret_under_its_column) {
  const uint32_t file = add("first: 1\r\nsecond: x\r\n");
  found_.error({file, 2, 9}, "expected a number", "second", "write 2");
  EXPECT_EQ(render(found_.sorted().at(0)),
            "a.yaml:2:9: error: second: expected a number\n"
            "  second: x\n"
            "          ^\n"
            "  hint: write 2\n");
}

TEST_F(DiagnosticTest, counts_columns_in_code_points_and_keeps_tabs) {
  const uint32_t file = add("\t\xC3\xA9: {\xC3\xBC: 1}\n");
  found_.warning({file, 1, 6}, "strange");
  EXPECT_EQ(render(found_.sorted().at(0)),
            "a.yaml:1:6: warning: strange\n"
            "  \t\xC3\xA9: {\xC3\xBC: 1}\n"
            "  \t    ^\n");
}

TEST_F(DiagnosticTest, cuts_long_lines_around_the_column) {
  const uint32_t file = add(std::string(5000, 'a') + "HERE" + std::string(5000, 'b'));
  found_.error({file, 1, 5001}, "bad");
  const Diagnostic d = found_.sorted().at(0);
  EXPECT_EQ(d.column, 5001u);
  EXPECT_LT(d.source_line.size(), 200u);
  EXPECT_EQ(d.source_line.substr(d.caret - 1, 4), "HERE");
}

TEST_F(DiagnosticTest, lets_no_control_character_through) {
  const uint32_t file = add("key: \x1b[31mred\n");
  found_.error({file, 1, 1}, "has \x1b in it");
  EXPECT_EQ(render(found_.sorted().at(0)).find('\x1b'), std::string::npos);
}

TEST_F(DiagnosticTest, sorts_by_place_and_keeps_the_order_of_equals) {
  const uint32_t file = add("a\nb\n");
  const uint32_t other = sources_->add("b.yaml", "c\n");
  found_.error({other, 1, 1}, "fourth");
  found_.error({file, 2, 1}, "second");
  found_.error({file, 2, 1}, "third");
  found_.note({file, 1, 1}, "first");
  std::string order;
  for (const Diagnostic& d : found_.sorted()) order += d.message + " ";
  EXPECT_EQ(order, "first second third fourth ");
}

TEST_F(DiagnosticTest, keeps_a_limited_number_but_counts_all) {
  const uint32_t file = add("x\n");
  for (size_t i = 0; i < Diagnostics::kKeptMax + 5; ++i) found_.warning({file, 1, 1}, "again");
  found_.error({file, 1, 1}, "the one that matters");
  const auto all = found_.sorted();
  EXPECT_EQ(found_.count(Severity::warning), Diagnostics::kKeptMax + 5);
  EXPECT_EQ(found_.errors(), 1u);
  EXPECT_EQ(all.size(), Diagnostics::kKeptMax + 2);
  EXPECT_EQ(all[Diagnostics::kKeptMax].message, "the one that matters");
  EXPECT_EQ(all.back().message, "5 more of this severity are not shown");
  EXPECT_EQ(all.back().severity, Severity::warning);
}

TEST_F(DiagnosticTest, becomes_json_even_with_broken_text) {
  const uint32_t file = add("x\n");
  found_.error({file, 1, 1}, "quote \" and \xFF byte", "spec.a", "h");
  const auto json = nlohmann::json::parse(to_json(found_.sorted().at(0)));
  EXPECT_EQ(json["severity"], "error");
  EXPECT_EQ(json["message"], "quote \" and \xEF\xBF\xBD byte");
  EXPECT_EQ(json["file"], "a.yaml");
  EXPECT_EQ(json["line"], 1);
  EXPECT_EQ(json["column"], 1);
  EXPECT_EQ(json["field"], "spec.a");
  EXPECT_EQ(json["hint"], "h");
}

TEST(Sources, finds_lines_after_every_kind_of_break) {
  Sources sources;
  const uint32_t file = sources.add("x", "one\ntwo\r\nthree\rfour");
  EXPECT_EQ(sources.line_count(file), 4u);
  EXPECT_EQ(sources.line(file, 1), "one");
  EXPECT_EQ(sources.line(file, 2), "two");
  EXPECT_EQ(sources.line(file, 3), "three");
  EXPECT_EQ(sources.line(file, 4), "four");
  EXPECT_EQ(sources.line(file, 5), "");
  EXPECT_EQ(sources.line(file, 0), "");
  EXPECT_EQ(sources.describe({file, 3, 2}), "x:3");
  EXPECT_EQ(sources.describe({file, 0, 0}), "x");
}

}  // namespace
}  // namespace gnomon::config
