#include "compare/document.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace gnomon::compare {
namespace {

using Fill = std::function<void(DocumentBuilder&)>;

uint64_t hash_of(const Fill& fill) {
  Document document;
  DocumentBuilder builder(document);
  fill(builder);
  EXPECT_TRUE(builder.complete());
  return document.root().hash;
}

Fill object(std::initializer_list<std::pair<const char*, const char*>> members) {
  return [members = std::vector(members)](DocumentBuilder& b) {
    b.begin_object();
    for (const auto& [name, number] : members) {
      b.name(name);
      b.number(number);
    }
    b.end();
  };
}

Fill array(std::initializer_list<const char*> numbers) {
  return [numbers = std::vector(numbers)](DocumentBuilder& b) {
    b.begin_array();
    for (const char* number : numbers) b.number(number);
    b.end();
  };
}

TEST(DocumentTest, KeepsWhatWasBuiltInOrder) {
  Document document;
  DocumentBuilder b(document);
  b.begin_object();
  b.name("z");
  b.string("one");
  b.name("a");
  b.begin_array();
  b.number("1.50");
  b.null();
  b.end();
  b.name("t");
  b.boolean(true);
  b.end();
  ASSERT_TRUE(b.complete());
  ASSERT_EQ(document.size(), 6U);
  EXPECT_EQ(document[0].count, 3U);
  EXPECT_EQ(document[1].name(), "z");
  EXPECT_EQ(document[1].text(), "one");
  EXPECT_EQ(document[2].name(), "a");
  EXPECT_EQ(document[2].count, 2U);
  EXPECT_EQ(document[2].next, 5U);
  EXPECT_EQ(document[3].text(), "1.50");
  EXPECT_EQ(document[4].kind, NodeKind::null);
  EXPECT_EQ(document[5].text(), "true");
}

TEST(DocumentTest, AnObjectsHashHeedsNotTheOrderOfItsMembers) {
  EXPECT_EQ(hash_of(object({{"a", "1"}, {"b", "2"}})), hash_of(object({{"b", "2.0"}, {"a", "1"}})));
  EXPECT_NE(hash_of(object({{"a", "1"}, {"b", "2"}})), hash_of(object({{"a", "2"}, {"b", "1"}})));
  EXPECT_NE(hash_of(object({{"a", "1"}})), hash_of(object({{"a", "1"}, {"b", "1"}})));
  EXPECT_NE(hash_of(object({})), hash_of(array({})));
}

TEST(DocumentTest, AnArraysHashHeedsTheOrder) {
  EXPECT_EQ(hash_of(array({"1", "2"})), hash_of(array({"1", "2"})));
  EXPECT_NE(hash_of(array({"1", "2"})), hash_of(array({"2", "1"})));
  EXPECT_NE(hash_of(array({"1"})), hash_of(array({"1", "1"})));
}

TEST(DocumentTest, RepeatedNamesAreFlaggedAndTheirOrderCounts) {
  Document document;
  DocumentBuilder b(document);
  object({{"a", "1"}, {"b", "2"}, {"a", "3"}})(b);
  ASSERT_TRUE(b.complete());
  EXPECT_EQ(document[0].flags, kRepeatsNames);
  EXPECT_EQ(document[1].flags, 0);
  EXPECT_EQ(document[3].flags, kRepeatedName);
  EXPECT_NE(hash_of(object({{"a", "1"}, {"a", "3"}})), hash_of(object({{"a", "3"}, {"a", "1"}})));
  EXPECT_EQ(hash_of(object({{"a", "1"}, {"b", "2"}, {"a", "3"}})),
            hash_of(object({{"a", "1"}, {"a", "3"}, {"b", "2"}})));
}

// Above some members names are found through a table.
TEST(DocumentTest, ManyMembersHashLikeFew) {
  std::vector<std::string> names;
  names.reserve(100);
  for (int i = 0; i < 100; ++i) names.push_back("name" + std::to_string(i));
  const auto fill = [&](bool backwards, int repeat) {
    return [&names, backwards, repeat](DocumentBuilder& b) {
      b.begin_object();
      for (size_t i = 0; i < names.size(); ++i) {
        b.name(names[backwards ? names.size() - 1 - i : i]);
        b.number("1");
      }
      for (int i = 0; i < repeat; ++i) {
        b.name("name50");
        b.number(i == 0 ? "1" : "2");
      }
      b.end();
    };
  };
  EXPECT_EQ(hash_of(fill(false, 0)), hash_of(fill(true, 0)));
  EXPECT_EQ(hash_of(fill(false, 2)), hash_of(fill(true, 2)));
  EXPECT_NE(hash_of(fill(false, 1)), hash_of(fill(false, 2)));
}

TEST(DocumentTest, ReachingALimitIsSaid) {
  Document document;
  DocumentLimits limits;
  limits.depth = 2;
  {
    DocumentBuilder b(document, limits);
    EXPECT_TRUE(b.begin_array());
    EXPECT_TRUE(b.begin_array());
    EXPECT_FALSE(b.begin_array());
    EXPECT_FALSE(b.null());
    EXPECT_TRUE(document.limits().has(Limit::depth));
    EXPECT_FALSE(b.complete());
  }
  limits.nodes = 3;
  {
    DocumentBuilder b(document, limits);
    EXPECT_TRUE(document.limits().empty());
    b.begin_array();
    EXPECT_TRUE(b.null());
    EXPECT_TRUE(b.null());
    EXPECT_FALSE(b.null());
    EXPECT_TRUE(document.limits().has(Limit::nodes));
  }
  limits.text_bytes = 40000;
  {
    DocumentBuilder b(document, limits);
    EXPECT_EQ(b.keep("hello"), "hello");
    EXPECT_EQ(b.keep(std::string(20000, 'x')).size(), 20000U);
    EXPECT_EQ(b.keep(std::string(20000, 'x')).size(), 0U);
    EXPECT_TRUE(document.limits().has(Limit::text_bytes));
  }
}

TEST(DocumentTest, TextThatWasKeptStays) {
  Document document;
  DocumentBuilder b(document);
  b.begin_array();
  for (int i = 0; i < 5000; ++i) b.string(b.keep("text " + std::to_string(i)));
  b.end();
  ASSERT_TRUE(b.complete());
  EXPECT_EQ(document[1].text(), "text 0");
  EXPECT_EQ(document[5000].text(), "text 4999");
}

TEST(DocumentTest, ASourceHasZeroesBehindIt) {
  Document document;
  char* source = document.source(3, 64);
  EXPECT_EQ(std::string_view(source + 3, 64), std::string(64, '\0'));
}

}  // namespace
}  // namespace gnomon::compare
