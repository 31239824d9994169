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

TEST(Query, decodes_escapes_and_leaves_the_rest) {
  EXPECT_EQ(percent_decoded("%24.a%5B*%5D"), "$.a[*]");
  EXPECT_EQ(percent_decoded("GET+%2Fpets"), "GET /pets");
  EXPECT_EQ(percent_decoded("50%"), "50%");
  EXPECT_EQ(percent_decoded("%zz%4"), "%zz%4");
  EXPECT_EQ(percent_decoded("%-1"), "%-1");
}

}  // namespace
}  // namespace gnomon::admin
