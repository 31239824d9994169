#include "http/h1_target.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gnomon::http {
namespace {

TEST(H1Target, compares_authorities_without_case_and_default_ports) {
  EXPECT_TRUE(same_authority("a.test", "A.TEST", "http"));
  EXPECT_TRUE(same_authority("a.test:80", "a.test", "http"));
  EXPECT_TRUE(same_authority("a.test", "a.test:", "http"));
  EXPECT_TRUE(same_authority("a.test:443", "a.test", "https"));
  EXPECT_TRUE(same_authority("[::1]:80", "[::1]", "http"));
  EXPECT_FALSE(same_authority("a.test:443", "a.test", "http"));
  EXPECT_FALSE(same_authority("a.test:80", "a.test", "https"));
  EXPECT_FALSE(same_authority("a.test:8080", "a.test", "http"));
  EXPECT_FALSE(same_authority("a.test", "b.test", "http"));
  EXPECT_FALSE(same_authority("a.test", "a.test.", "http"));
}

TEST(H1Target, takes_an_absolute_target_apart) {
  Target target;
  ProtocolError error;
  ASSERT_TRUE(parse_target(Method::get, "hTTp://a.test:81?b=/c", target, error));
  EXPECT_EQ(target.scheme, "http");
  EXPECT_EQ(target.authority, "a.test:81");
  EXPECT_EQ(target.path, "?b=/c");
  ASSERT_TRUE(parse_target(Method::get, "https://[::1]", target, error));
  EXPECT_EQ(target.scheme, "https");
  EXPECT_EQ(target.authority, "[::1]");
  EXPECT_EQ(target.path, "/");
}

TEST(H1Target, leaves_authority_empty_in_origin_form) {
  Target target;
  ProtocolError error;
  ASSERT_TRUE(parse_target(Method::get, "/http://a.test/", target, error));
  EXPECT_EQ(target.authority, "");
  EXPECT_EQ(target.path, "/http://a.test/");
}

TEST(H1Target, refuses_an_authority_beyond_the_grammar) {
  for (const char* bad : {"", "a/b", "a:1:2", "a:65536", "[::1]:65536", "[::1", "[]", "[::1]80",
                          "a b", "a@b", "a,b", "..", "a..b", "a:", "[::1]:"}) {
    EXPECT_FALSE(valid_authority(bad)) << bad;
  }
  for (const char* good : {"a", "a:1", "[::1]", "[::1]:1", "1.2.3.4", "a.b."}) {
    EXPECT_TRUE(valid_authority(good)) << good;
  }
}

}  // namespace
}  // namespace gnomon::http
