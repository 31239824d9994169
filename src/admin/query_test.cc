#include "admin/query.h"

#include <gtest/gtest.h>

namespace gnomon::admin {
namespace {

TEST(Query, finds_a_parameter_by_its_whole_name) {
  EXPECT_EQ(query_value("/a?path=x&at=y", "at"), "y");
  EXPECT_EQ(query_value("/a?path=x&at=y", "path"), "x");
  EXPECT_EQ(query_value("/a?path=x", "th"), "");
  EXPECT_EQ(query_value("/a", "path"), "");
  EXPECT_EQ(query_value("/a?path=", "path"), "");
}

TEST(Query, tells_an_empty_parameter_from_none) {
  for (const char* const target : {"/a?at=", "/a?at", "/a?x=1&at=&y", "/a?at&path=x"}) {
    EXPECT_EQ(query_parameter(target, "at"), "") << target;
  }
  for (const char* const target : {"/a", "/a?", "/a?path=at", "/a?att=1", "/a?a"}) {
    EXPECT_EQ(query_parameter(target, "at"), std::nullopt) << target;
  }
  EXPECT_EQ(query_parameter("/a?at=1&at=2", "at"), "1");
}

TEST(Query, decodes_escapes_and_leaves_the_rest) {
  EXPECT_EQ(percent_decoded("%24.a%5B*%5D"), "$.a[*]");
  EXPECT_EQ(percent_decoded("GET+%2Fpets"), "GET /pets");
  EXPECT_EQ(percent_decoded("50%"), "50%");
  EXPECT_EQ(percent_decoded("%zz%4"), "%zz%4");
  EXPECT_EQ(percent_decoded("%-1"), "%-1");
}

}  // namespace
}  // namespace gnomon::admin
