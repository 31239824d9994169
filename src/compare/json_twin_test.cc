#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compare/json_pairs.h"
#include "compare/json_reader.h"

namespace gnomon::compare {
namespace {

class JsonTwinTest : public testing::Test {
 protected:
  // What a text is read as does not depend on what it is read beside. Where only one value
  // differs no twins are looked for: so there is another before it.
  void expect_same(const std::string& left, const std::string& right) {
    expect_same_pair(left, right);
    expect_same_pair(fmt::format("[0,{}]", left), fmt::format("[1,{}]", right));
  }

  void expect_same_pair(const std::string& left, const std::string& right) {
    ASSERT_EQ(reader_.read(left, {}, left_), ReadStatus::ok) << left;
    const ReadStatus alone = reader_.read(right, limits_, alone_);
    ASSERT_EQ(reader_.read(right, limits_, beside_, &left_), alone) << left << '\n' << right;
    ASSERT_EQ(beside_.limits().has(Limit::nodes), alone_.limits().has(Limit::nodes));
    ASSERT_EQ(beside_.limits().has(Limit::text_bytes), alone_.limits().has(Limit::text_bytes));
    ASSERT_EQ(beside_.limits().has(Limit::depth), alone_.limits().has(Limit::depth));
    if (alone != ReadStatus::ok) return;
    ASSERT_EQ(beside_.size(), alone_.size()) << left << '\n' << right;
    const std::string what = fmt::format("{}\n{}", left, right);
    for (NodeId i = 0; i < alone_.size(); ++i) expect_same(beside_[i], alone_[i], what);
  }

  // Nodes of the right that view the left.
  size_t repeated() const {
    size_t n = 0;
    const std::string_view source = left_.source();
    for (NodeId i = 0; i < beside_.size(); ++i) {
      const char* const at = beside_[i].text_data;
      n += at >= source.data() && at < source.data() + source.size() ? 1 : 0;
    }
    return n;
  }

  DocumentLimits limits_;
  JsonReader reader_;
  Document left_;
  Document alone_;
  Document beside_;

 private:
  static void expect_same(const Node& a, const Node& b, const std::string& what) {
    EXPECT_EQ(a.hash, b.hash) << what;
    EXPECT_EQ(a.name_hash, b.name_hash) << what;
    EXPECT_EQ(a.text(), b.text()) << what;
    EXPECT_EQ(a.name(), b.name()) << what;
    EXPECT_EQ(a.next, b.next) << what;
    EXPECT_EQ(a.count, b.count) << what;
    EXPECT_EQ(a.kind, b.kind) << what;
    EXPECT_EQ(a.flags, b.flags) << what;
    EXPECT_EQ(a.text_size, b.text_size) << what;
  }
};

TEST_F(JsonTwinTest, TreesAreTheSameBesideAnyOther) {
  const std::vector<std::string> texts = {
      "1",
      "12",
      "[1]",
      "[12]",
      "[1,2,3]",
      "[1,12,3]",
      "[1,2,33]",
      "[1.0,2e1,3]",
      "[1,2,3,4]",
      "[ 1, 2 ]",
      "[[1],[2],[3]]",
      "[[1],[3]]",
      "[[0],[1],[2],[3]]",
      "[[1],[1],[1],[1]]",
      R"({"a":1,"b":2})",
      R"({"b":2,"a":1})",
      R"({"a":1, "b":2})",
      R"({"a":1,"b":2,"c":3})",
      R"({"a":1,"c":3})",
      R"({"a":12,"b":2})",
      R"({"a":1,"a":1,"a":2})",
      R"({"b":1,"a":1,"a":2})",
      R"({"a":1,"a":2})",
      R"({"a":2,"a":1})",
      R"({"a":1,"c":1,"a":2})",
      R"({"c":9,"a":2})",
      R"({"a":{"x":1,"x":2},"a":{"x":1,"x":2}})",
      R"([{"a":{"x":[1,2,{"y":null}]},"b":true},{"a":{"x":[1,2,{"y":null}]},"b":false}])",
      R"([{"a":{"x":[1,2,{"y":null}]},"b":true},{"a":{"x":[1,2,{"y":1}]},"b":false}])",
      R"([{"a":{"x":[1,2,{"y":null}]},"b":true,"c":""},{"a":{"x":[]},"b":false}])",
      R"({"a":"x\ny","b":"\u0061","c":1})",
      R"({"a":"x\ny","b":"\u0061","c":2})",
      R"({"\u0061":"x\ny","b":"a","c":2})",
      R"(["\\","\"","\\\"",{"\n":"\n"}])",
      R"(["\\","\"","\\\"",{"\n":"\t"}])",
      R"(["a","ab","abc","abcdefghijklmnopqrstuvwxyz"])",
      R"(["a","ab","abcd","abcdefghijklmnopqrstuvwxyz"])",
      R"([true,false,null,-1,{},[]])",
      R"([true,false,null,-12,{},[]])",
      R"([{},{},[],[]])",
  };
  for (const std::string& left : texts) {
    for (const std::string& right : texts) expect_same(left, right);
  }
}

// A run of the same bytes goes on behind what is refused.
TEST_F(JsonTwinTest, WhatIsNoJsonIsRefusedBesideAnyOther) {
  const std::string left = R"({"a":[1,{"b":"c"}],"d":true,"e":null})";
  for (size_t size = 0; size < left.size(); ++size) expect_same(left, left.substr(0, size));
  for (size_t at = 0; at < left.size(); ++at) {
    for (const char c : {'{', '}', '[', ']', ',', ':', '"', '\\', '1', ' ', 'x', '\n'}) {
      std::string right = left;
      right[at] = c;
      expect_same(left, right);
      right = left;
      expect_same(left, right.insert(at, 1, c));
    }
    std::string right = left;
    expect_same(left, right.erase(at, 1));
  }
}

TEST_F(JsonTwinTest, LimitsAreReachedBesideAnyOther) {
  const std::string text = R"([{"a":"x\ny","b":[1,2,3]},{"a":"x\ny","b":[1,2,3]},[[[]]]])";
  for (limits_.nodes = 1; limits_.nodes < 20; ++limits_.nodes) expect_same(text, text);
  limits_ = {};
  limits_.depth = 3;
  expect_same("[[1],[2],[[3]],4]", "[[1],[2],[[3]],[[[4]]]]");
  expect_same("[[1],[2],[[3]],4]", "[[1],[2],[[[3]]],4]");
  limits_ = {};
  // Room for what was unescaped is taken in blocks, the last of which is too much.
  std::string escapes = "[0,";
  for (int i = 0; i < 1000; ++i) escapes += "\"\\n" + std::string(100, 'a') + "\",";
  escapes += "0]";
  limits_.text_bytes = escapes.size();
  expect_same(escapes, escapes);
  EXPECT_TRUE(alone_.limits().has(Limit::text_bytes));
}

TEST_F(JsonTwinTest, WhatIsWrittenAlikeIsTakenFromTheOther) {
  const JsonPair value = one_value_differs(30);
  expect_same_pair(fmt::format("[0,{}]", value.left), fmt::format("[1,{}]", value.right));
  EXPECT_GT(repeated() * 100, beside_.size() * 98);
  const JsonPair more = one_record_more(30);
  expect_same_pair(more.left, more.right);
  EXPECT_GT(repeated() * 100, beside_.size() * 95);
  const JsonPair every = every_record_differs(30);
  expect_same_pair(every.left, every.right);
  EXPECT_GT(repeated() * 100, beside_.size() * 85);
  expect_same_pair(more.right, more.left);
  EXPECT_GT(repeated() * 100, beside_.size() * 98);
}

}  // namespace
}  // namespace gnomon::compare
