#include "compare/media_type.h"

#include <gtest/gtest.h>

namespace gnomon::compare {
namespace {

TEST(MediaTypeTest, ParametersLoseTheirQuotes) {
  EXPECT_EQ(media_type(" text/html ; charset=utf-8"), "text/html");
  EXPECT_EQ(media_parameter("multipart/form-data; boundary=\"a b\"; x=1", "Boundary"), "a b");
  EXPECT_EQ(media_parameter("a/b;x = 1", "x"), "1");
  EXPECT_EQ(media_parameter("a/b; x", "x"), "");
  EXPECT_EQ(media_parameter("a/b", "x"), "");
}

}  // namespace
}  // namespace gnomon::compare
