#include "msg/cookie.h"

#include <gtest/gtest.h>

namespace gnomon {
namespace {

TEST(Cookie, is_found_by_its_exact_name_in_any_of_the_fields) {
  Headers headers;
  headers.add("Cookie", "a=1; session=x=y ;b=\"quoted\"");
  headers.add("cookie", "late=2;empty=");
  EXPECT_EQ(find_cookie(headers, "a"), "1");
  EXPECT_EQ(find_cookie(headers, "session"), "x=y");
  EXPECT_EQ(find_cookie(headers, "b"), "quoted");
  EXPECT_EQ(find_cookie(headers, "late"), "2");
  EXPECT_EQ(find_cookie(headers, "empty"), "");
  EXPECT_EQ(find_cookie(headers, "A"), "");
  EXPECT_EQ(find_cookie(headers, "sess"), "");
}

TEST(Cookie, of_a_response_says_how_long_and_where_it_counts) {
  using std::chrono::seconds;
  EXPECT_EQ(set_cookie_value("k", "v", "/a", seconds(60)),
            "k=\"v\"; Max-Age=60; Path=/a; HttpOnly");
  EXPECT_EQ(set_cookie_value("k", "v", "", seconds(0)), "k=\"v\"; HttpOnly");
}

}  // namespace
}  // namespace gnomon
