#include "compare/path_segment.h"

#include <gtest/gtest.h>

namespace gnomon::compare {
namespace {

using Segments = std::vector<std::string_view>;

TEST(PathSegments, lie_between_slashes) {
  EXPECT_EQ(path_segments("/", 8), Segments{""});
  EXPECT_EQ(path_segments("/a/b", 8), (Segments{"a", "b"}));
  EXPECT_EQ(path_segments("/a//b/", 8), (Segments{"a", "", "b", ""}));
  EXPECT_EQ(path_segments("*", 8), Segments{"*"});
  EXPECT_EQ(path_segments("/a/b/c/d", 3), (Segments{"a", "b", "c/d"}));
}

TEST(PathSegments, have_no_query_and_no_parameters) {
  EXPECT_EQ(path_segments("/a?x=/b", 8), Segments{"a"});
  EXPECT_EQ(path_segments("/a;jsessionid=1/b;v=2#c", 8), (Segments{"a", "b"}));
}

TEST(PathSegment, of_a_value) {
  for (const char* value :
       {"1", "007", "-3.5", "2024-05-01", "10.0.0.1", "123e4567-e89b-12d3-a456-426614174000",
        "123e4567e89b12d3a456426614174000", "507f1f77bcf86cd799439011", "deadbee1",
        "cus_9s6XKzkNRiz8i3", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "dQw4w9WgXcQ2", "eyJhbGciOiJIUzI1NiJ9",
        "ann@example.com", "two%20words", "a*b", "{id}", "caf\xc3\xa9"}) {
    EXPECT_TRUE(looks_like_value(value)) << value;
  }
  EXPECT_TRUE(looks_like_value(std::string(49, 'a')));
}

TEST(PathSegment, of_a_word) {
  for (const char* word :
       {"", "user", "v1", "v2beta1", "oauth2", "api", "deadbeef", "facade", "sha256", "index.html",
        "jquery-3.6.0.min.js", "internationalization", "getUserById", "pkg.Service", "en-US",
        "well-known", ".env", "top10-lists", "user-preferences-and-settings"}) {
    EXPECT_FALSE(looks_like_value(word)) << word;
  }
}

}  // namespace
}  // namespace gnomon::compare
