#include "compare/content_kind.h"

#include <gtest/gtest.h>

namespace gnomon::compare {
namespace {

TEST(ContentKindTest, GoesByTheMediaType) {
  EXPECT_EQ(content_kind(""), ContentKind::unknown);
  EXPECT_EQ(content_kind("application/json"), ContentKind::json);
  EXPECT_EQ(content_kind("Application/JSON ; charset=utf-8"), ContentKind::json);
  EXPECT_EQ(content_kind("application/problem+json"), ContentKind::json);
  EXPECT_EQ(content_kind("application/x-ndjson"), ContentKind::json_lines);
  EXPECT_EQ(content_kind("image/svg+xml"), ContentKind::xml);
  EXPECT_EQ(content_kind("text/html; charset=utf-8"), ContentKind::html);
  EXPECT_EQ(content_kind("application/grpc+proto"), ContentKind::grpc);
  EXPECT_EQ(content_kind("text/csv"), ContentKind::text);
  EXPECT_EQ(content_kind("image/png"), ContentKind::binary);
  EXPECT_EQ(to_string(ContentKind::binary), "binary");
}

TEST(ContentKindTest, ParametersLoseTheirQuotes) {
  EXPECT_EQ(media_parameter("multipart/form-data; boundary=\"a b\"; x=1", "Boundary"), "a b");
  EXPECT_EQ(media_parameter("a/b;x = 1", "x"), "1");
  EXPECT_EQ(media_parameter("a/b; x", "x"), "");
  EXPECT_EQ(media_parameter("a/b", "x"), "");
}

}  // namespace
}  // namespace gnomon::compare
