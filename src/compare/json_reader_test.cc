#include "compare/json_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace gnomon::compare {
namespace {

class JsonReaderTest : public testing::Test {
 protected:
  ReadStatus read(std::string_view text) { return reader_.read(text, limits_, document_); }
  uint64_t hash(std::string_view text) {
    EXPECT_EQ(read(text), ReadStatus::ok) << text;
    return document_.empty() ? 0 : document_.root().hash;
  }

  JsonReader reader_;
  Document document_;
  DocumentLimits limits_;
};

TEST_F(JsonReaderTest, ReadsEveryKindOfValue) {
  ASSERT_EQ(read(R"( {"a": [1, -2.50e3 , true,false ,null, "x y" ] , "b":{} } )"), ReadStatus::ok);
  ASSERT_EQ(document_.size(), 9U);
  EXPECT_EQ(document_[1].name(), "a");
  EXPECT_EQ(document_[2].text(), "1");
  EXPECT_EQ(document_[3].text(), "-2.50e3");
  EXPECT_EQ(document_[4].text(), "true");
  EXPECT_EQ(document_[5].text(), "false");
  EXPECT_EQ(document_[6].kind, NodeKind::null);
  EXPECT_EQ(document_[7].text(), "x y");
  EXPECT_EQ(document_[8].name(), "b");
  EXPECT_EQ(document_[8].kind, NodeKind::object);
}

TEST_F(JsonReaderTest, ReadsScalarsAlone) {
  for (const char* text : {"1", " 1 ", "\"a\"", "true", "null", " -0.5e-7\n", "\"\""}) {
    EXPECT_EQ(read(text), ReadStatus::ok) << text;
    EXPECT_EQ(document_.size(), 1U) << text;
  }
}

TEST_F(JsonReaderTest, ValuesThatServicesReallySend) {
  for (const char* text : {R"({"a":12345678901234567890123})", R"({"a":1e400})",
                           R"({"a":"\ud800"})", R"({"a":1,"a":2})", R"({"":1})", "[[],{}]"}) {
    EXPECT_EQ(read(text), ReadStatus::ok) << text;
  }
}

TEST_F(JsonReaderTest, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "invalid",
                           "[1,2],3",
                           "[1,2",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "[1}",
                           "{\"a\":1]",
                           "tru",
                           "truefalse",
                           "nulll",
                           "01",
                           "1.",
                           "+1",
                           "NaN",
                           "[NaN]",
                           "\"a",
                           "\"a\"b",
                           "\"a\" \"b\"",
                           "1 2",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "[\"a\"b]",
                           "{\"a\":\"b\"c}",
                           "{\"a\"b:1}",
                           "[1]]",
                           "{\"\\q\":1}",
                           "\"a\nb\"",
                           "[\"a\tb\"]",
                           "\"\xff\"",
                           "[1] // x",
                           "]",
                           "}",
                           ",",
                           ":",
                           "[:]",
                           "{\"a\":1}}",
                           "[\"a\":1]",
                           "{1:2}",
                           "{}{}",
                           "[]1"}) {
    EXPECT_EQ(read(text), ReadStatus::invalid) << text;
  }
}

TEST_F(JsonReaderTest, EscapesAreTheCharactersThatTheyDenote) {
  EXPECT_EQ(hash(R"("\u0041\/\n")"), hash(R"("A/\u000a")"));
  EXPECT_EQ(hash(R"("\u00e9\u20AC")"), hash("\"\xC3\xA9\xE2\x82\xAC\""));
  EXPECT_EQ(hash(R"("\ud83d\ude00")"), hash("\"\xF0\x9F\x98\x80\""));
  EXPECT_EQ(hash(R"({"\u0061":1})"), hash(R"({"a":1})"));
  EXPECT_EQ(hash(R"("\ud800")"), hash(R"("\uD800")"));
  EXPECT_NE(hash(R"("\ud800")"), hash(R"("\ud801")"));
  EXPECT_NE(hash(R"("\ud800")"), hash(R"("\ufffd")"));
  EXPECT_NE(hash(R"("\udc00\ud800")"), hash(R"("\ud800\udc00")"));
  ASSERT_EQ(read(R"("\"\\\b\f\n\r\t\u0000")"), ReadStatus::ok);
  EXPECT_EQ(document_.root().text(), std::string_view("\"\\\b\f\n\r\t\0", 8));
}

TEST_F(JsonReaderTest, PassesOverAByteOrderMark) {
  EXPECT_EQ(hash("\xEF\xBB\xBF{\"a\":1}"), hash("{\"a\":1}"));
}

TEST_F(JsonReaderTest, StopsAtItsLimits) {
  EXPECT_EQ(read(std::string(256, '[') + std::string(256, ']')), ReadStatus::ok);
  EXPECT_EQ(read(std::string(257, '[') + std::string(257, ']')), ReadStatus::limit);
  EXPECT_TRUE(document_.limits().has(Limit::depth));
  limits_.nodes = 3;
  EXPECT_EQ(read("[1,2]"), ReadStatus::ok);
  EXPECT_EQ(read("[1,2,3]"), ReadStatus::limit);
  EXPECT_TRUE(document_.limits().has(Limit::nodes));
  limits_.text_bytes = 10;
  EXPECT_EQ(read("\"0123456789\""), ReadStatus::limit);
  EXPECT_TRUE(document_.limits().has(Limit::text_bytes));
  EXPECT_EQ(read("[1]"), ReadStatus::ok);
}

TEST_F(JsonReaderTest, LinesAreAnArrayOfValues) {
  ASSERT_EQ(reader_.read_lines("{\"a\":1}\n\n[2]\r\n  \n\"x\"", limits_, document_),
            ReadStatus::ok);
  EXPECT_EQ(document_.root().kind, NodeKind::array);
  EXPECT_EQ(document_.root().count, 3U);
  EXPECT_EQ(reader_.read_lines("{\"a\":1}\n{\"a\":}\n", limits_, document_), ReadStatus::invalid);
  EXPECT_EQ(reader_.read_lines("{\"a\":\n1}\n", limits_, document_), ReadStatus::invalid);
  EXPECT_EQ(reader_.read_lines("", limits_, document_), ReadStatus::ok);
}

}  // namespace
}  // namespace gnomon::compare
