#include "compare/value_class.h"

#include <gtest/gtest.h>

namespace gnomon::compare {
namespace {

void expect_class(ValueClass value_class, std::initializer_list<const char*> members,
                  std::initializer_list<const char*> others) {
  for (const char* text : members) EXPECT_TRUE(is_of_class(text, value_class)) << text;
  for (const char* text : others) EXPECT_FALSE(is_of_class(text, value_class)) << text;
}

TEST(ValueClassTest, Uuid) {
  expect_class(
      ValueClass::uuid,
      {"5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d", "5F2B8C1E-0C7B-4A39-9D1C-0E3F8A6B7C5D",
       "{5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d}", "urn:uuid:5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d"},
      {"", "5f2b8c1e0c7b4a399d1c0e3f8a6b7c5d", "5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5",
       "gf2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d"});
}

TEST(ValueClassTest, Timestamp) {
  expect_class(
      ValueClass::timestamp,
      {"2018-06-18T11:46:23.873849Z", "2018-06-18T11:46:23+02:00", "2018-06-18 11:46", "2018-06-18",
       "Mon, 18 Jun 2018 11:46:23 GMT", "Mon, 18-Jun-2018 11:46:23 GMT", "1529322383",
       "1529322383.8738487", "1529322383873", "1529322383873848", "1529322383873848700"},
      {"", "2018-13-18", "2018-06-31", "18.6.2018", "Mon, 18 Jun 2018", "42", "15293223830",
       "0529322383", "1529322383.", "2018-06-18T25:00:00Z", "2018-06-18Tx", "today"});
}

TEST(ValueClassTest, IpEtagAndHost) {
  expect_class(ValueClass::ip, {"10.0.0.1", "::1", "2001:db8::1"},
               {"", "10.0.0", "10.0.0.256", "localhost", "[::1]"});
  expect_class(ValueClass::etag, {"\"abc\"", "W/\"abc\"", "\"\""}, {"abc", "\"a\"b\"", "", "\""});
  expect_class(ValueClass::host,
               {"example.test", "localhost:8080", "[::1]:80", "10.0.0.1", "pod-7.ns.svc."},
               {"", "a b", "-a.test", "example.test:port", "a..b", "[::1", "http://x"});
}

TEST(ValueClassTest, TimesOfDifferentSpellingsAreOneTime) {
  const auto time = parse_time("2018-06-18T11:46:23Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(parse_time("2018-06-18T13:46:23+02:00"), time);
  EXPECT_EQ(parse_time("Mon, 18 Jun 2018 11:46:23 GMT"), time);
  EXPECT_EQ(parse_time("1529322383"), time);
  EXPECT_EQ(parse_time("1529322383000"), time);
  EXPECT_EQ(*parse_time("2018-06-18T11:46:23.5Z") - *time, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace gnomon::compare
