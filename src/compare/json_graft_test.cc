#include "compare/json_graft.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "compare/json_pairs.h"
#include "compare/json_reader.h"
#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

using testing::same_trees;

class JsonGraftTest : public ::testing::Test {
 protected:
  void read(const std::string& text) {
    ASSERT_EQ(reader_.read(text, {}, like_), ReadStatus::ok) << text;
  }

  bool finds(const std::string& text) const { return JsonGraft(like_).find(text); }

  // Whether it is taken for the other with one value changed. If so, it is read as it is alone.
  bool grafts(const std::string& text) {
    JsonGraft graft(like_);
    if (!graft.find(text)) return false;
    DocumentBuilder builder(out_);
    if (!graft.build(text, builder)) return false;
    EXPECT_EQ(reader_.read(text, {}, alone_), ReadStatus::ok) << text;
    EXPECT_TRUE(same_trees(out_, alone_)) << like_.source() << '\n' << text;
    return true;
  }

  JsonReader reader_;
  Document like_;
  Document alone_;
  Document out_;
};

constexpr std::array<std::string_view, 18> kTokens = {
    "0",
    "12",
    "-1.50e3",
    "1234567890123456789012",
    "10.5",
    "true",
    "false",
    "null",
    R"("")",
    R"("x")",
    R"("a long text, which is hashed in another way")",
    "\"\xC3\xA9\"",
    "\"\x7F\"",
    R"("[1,{}]")",
    R"("a")",
    R"("id")",
    "1",
    R"("1")"};
constexpr std::array<std::string_view, 16> kNoTokens = {"",
                                                        "01",
                                                        "1.",
                                                        "+1",
                                                        "tru",
                                                        "nulls",
                                                        R"(")",
                                                        R"("x)",
                                                        R"(x")",
                                                        R"("x"y")",
                                                        "\"\t\"",
                                                        "\"\xC3\"",
                                                        "\"\xED\xA0\x80\"",
                                                        "1,2",
                                                        R"("a":1)",
                                                        "1 "};

TEST_F(JsonGraftTest, EachValueMayBeAnyOther) {
  const std::vector<std::pair<std::string, std::string>> around = {
      {"", ""},
      {" ", "\n"},
      {"[", "]"},
      {"[[[", "],1],{}]"},
      {"[1,[],{},", ",1,[2]]"},
      {R"({"a":)", "}"},
      {R"({"id":{"id":1},"a":[{"b":true},{"b" : )", R"( ,"c":null}],"d":0})"},
      // Names that occur twice, before and behind.
      {R"({"a":1,"a":)", R"(,"b":1})"},
      {R"({"a":)", R"(,"a":1,"a":2})"},
      // Texts that do not lie in the source.
      {R"({"\n":"\n","a":["\t",{"b":)", R"(},"\""],"\u0061":1})"},
  };
  for (const auto& [before, behind] : around) {
    for (const std::string_view old : kTokens) {
      read(fmt::format("{}{}{}", before, old, behind));
      for (const std::string_view token : kTokens) {
        if (token == old) continue;
        const std::string text = fmt::format("{}{}{}", before, token, behind);
        EXPECT_TRUE(grafts(text)) << like_.source() << '\n' << text;
      }
    }
  }
}

// What is no value, or more than one, is left to the reader.
TEST_F(JsonGraftTest, OtherTokensAreLeftToTheReader) {
  const std::string before = R"({"a":[1,)";
  const std::string behind = R"(,"b"],"c":"d"})";
  for (const std::string_view old : kTokens) {
    read(fmt::format("{}{}{}", before, old, behind));
    for (const std::string_view token : kNoTokens) {
      EXPECT_FALSE(grafts(fmt::format("{}{}{}", before, token, behind))) << old << ' ' << token;
    }
    for (const std::string_view token : {R"("\n")", R"("\\")", "[]", "{}", "[1]"}) {
      EXPECT_FALSE(grafts(fmt::format("{}{}{}", before, token, behind))) << old << ' ' << token;
    }
  }
}

TEST_F(JsonGraftTest, MoreThanOneValueIsLeftToTheReader) {
  read(R"({"a":1,"b":[2,"x"],"c":"\n"})");
  EXPECT_TRUE(finds(R"({"a":1,"b":[3,"x"],"c":"\n"})"));
  for (const char* text :
       {R"({"a":2,"b":[3,"x"],"c":"\n"})", R"({"a":1,"b":[3,"y"],"c":"\n"})",
        R"({"a":1,"d":[2,"x"],"c":"\n"})", R"({"a":1,"b":[2,"x"],"c":"\t"})",
        R"({"a":1,"b":[2,"x"],"c":"\n"} )", R"( {"a":1,"b":[2,"x"],"c":"\n"})",
        R"({"a":1,"b":[2,"x"],"c":"\n")", R"({"a":1,"b":[2,"x"]})", R"({"a":1)", ""}) {
    EXPECT_FALSE(finds(text)) << text;
  }
  // Here beginning and end overlap.
  read("[1,1,1]");
  EXPECT_FALSE(finds("[1,1]"));
}

// The source of a tree is the text that it was read from, however it was read.
TEST_F(JsonGraftTest, BesideOneThatWasGrafted) {
  ASSERT_EQ(reader_.read(R"([1,{"a":2},3])", {}, alone_), ReadStatus::ok);
  ASSERT_EQ(reader_.read(R"([1,{"a":"x"},3])", {}, like_, &alone_), ReadStatus::ok);
  EXPECT_EQ(like_.source(), R"([1,{"a":"x"},3])");
  Document own;
  for (const char* text : {R"([1,{"a":"xy"},3])", R"("y")", R"([1,{"a":"x"},4])"}) {
    ASSERT_EQ(reader_.read(text, {}, out_, &like_), ReadStatus::ok);
    ASSERT_EQ(reader_.read(text, {}, own), ReadStatus::ok);
    EXPECT_TRUE(same_trees(out_, own)) << text;
  }
}

TEST_F(JsonGraftTest, TheReaderUsesIt) {
  const JsonPair pair = one_value_differs(30);
  read(pair.left);
  ASSERT_EQ(reader_.read(pair.right, {}, out_, &like_), ReadStatus::ok);
  const auto is_own = [this](const char* at) {
    const std::string_view source = out_.source();
    return at >= source.data() && at < source.data() + source.size();
  };
  size_t own = 0;
  for (NodeId i = 0; i < out_.size(); ++i) {
    EXPECT_FALSE(is_own(out_[i].name_data)) << out_[i].name();
    own += is_own(out_[i].text_data) ? 1 : 0;
  }
  // The value and what it lies in: a record, the list, the root.
  EXPECT_EQ(own, 4U);
}

TEST_F(JsonGraftTest, LimitsHold) {
  read(R"([1,{"a":2},3])");
  const std::string text = R"([1,{"a":"x"},3])";
  DocumentLimits limits;
  limits.nodes = 5;
  EXPECT_EQ(reader_.read(text, limits, out_, &like_), ReadStatus::ok);
  limits.nodes = 4;
  EXPECT_EQ(reader_.read(text, limits, out_, &like_), ReadStatus::limit);
  EXPECT_TRUE(out_.limits().has(Limit::nodes));
  limits = {};
  limits.depth = 1;
  EXPECT_EQ(reader_.read(text, limits, out_, &like_), ReadStatus::limit);
  EXPECT_TRUE(out_.limits().has(Limit::depth));
  limits = {};
  limits.text_bytes = text.size() - 1;
  EXPECT_EQ(reader_.read(text, limits, out_, &like_), ReadStatus::limit);
  EXPECT_TRUE(out_.limits().has(Limit::text_bytes));
}

}  // namespace
}  // namespace gnomon::compare
