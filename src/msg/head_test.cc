#include "msg/head.h"

#include <gtest/gtest.h>

#include <string>

namespace gnomon {
namespace {

TEST(ParseMethod, knows_the_methods_and_no_other_case_of_them) {
  struct Case {
    std::string_view name;
    Method method;
    bool idempotent;
  };
  const Case cases[] = {
      {"GET", Method::get, true},         {"HEAD", Method::head, true},
      {"POST", Method::post, false},      {"PUT", Method::put, true},
      {"DELETE", Method::del, true},      {"CONNECT", Method::connect, false},
      {"OPTIONS", Method::options, true}, {"TRACE", Method::trace, true},
      {"PATCH", Method::patch, false},    {"PURGE", Method::other, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(parse_method(c.name), c.method) << c.name;
    EXPECT_EQ(is_idempotent(c.method), c.idempotent) << c.name;
    std::string lower(c.name);
    for (char& letter : lower) letter = static_cast<char>(letter + 32);
    EXPECT_EQ(parse_method(lower), Method::other) << lower;
    EXPECT_EQ(parse_method(std::string(c.name) + " "), Method::other) << c.name;
    EXPECT_EQ(parse_method(c.name.substr(1)), Method::other) << c.name;
  }
  EXPECT_EQ(parse_method(""), Method::other);
}

TEST(ReasonPhrase, names_standard_codes_and_admits_what_it_does_not_know) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(503), "Service Unavailable");
  EXPECT_EQ(reason_phrase(299), "Unknown");
  EXPECT_EQ(reason_phrase(0), "Unknown");
}

TEST(SplitAuthority, splits_before_the_port) {
  struct Case {
    std::string_view authority;
    std::string_view host;
    std::string_view port;
  };
  const Case cases[] = {
      {"", "", ""},
      {"example.com", "example.com", ""},
      {"example.com:8080", "example.com", ":8080"},
      {"example.com:", "example.com", ":"},
      {"127.0.0.1", "127.0.0.1", ""},
      {"127.0.0.1:80", "127.0.0.1", ":80"},
      {"[::1]", "[::1]", ""},
      {"[::1]:8080", "[::1]", ":8080"},
      {"[2001:db8::1]:", "[2001:db8::1]", ":"},
      {"[fe80::1%25eth0]:443", "[fe80::1%25eth0]", ":443"},
      {":80", "", ":80"},
      // Without brackets nobody can tell; Envoy takes the last colon, and so does this.
      {"::1", ":", ":1"},
  };
  for (const Case& c : cases) {
    const AuthorityParts parts = split_authority(c.authority);
    EXPECT_EQ(parts.host, c.host) << c.authority;
    EXPECT_EQ(parts.port, c.port) << c.authority;
  }
}

TEST(PathOnly, ends_at_the_first_question_mark) {
  EXPECT_EQ(path_only("/a/b"), "/a/b");
  EXPECT_EQ(path_only("/a?b=c"), "/a");
  EXPECT_EQ(path_only("/a?b?c"), "/a");
  EXPECT_EQ(path_only("?"), "");
  EXPECT_EQ(path_only("*"), "*");
  EXPECT_EQ(path_only(""), "");
}

}  // namespace
}  // namespace gnomon
