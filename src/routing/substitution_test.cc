#include "routing/substitution.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace gnomon::routing {
namespace {

Template parsed(std::string_view format) {
  auto made = Template::parse(format);
  EXPECT_TRUE(made.has_value()) << format;
  return made.value_or(Template());
}

TemplateError refused(std::string_view format) {
  const auto made = Template::parse(format);
  EXPECT_FALSE(made.has_value()) << format;
  return made ? TemplateError() : made.error();
}

TEST(Substitution, text_without_an_operator_is_a_literal) {
  EXPECT_TRUE(parsed("").is_literal());
  EXPECT_EQ(parsed("plain text").literal(), "plain text");
  EXPECT_EQ(parsed("100%% sure").literal(), "100% sure");
  EXPECT_EQ(parsed("%%%%").literal(), "%%");
}

TEST(Substitution, splits_text_and_operators) {
  const Template made = parsed("a %REQ(X-One?:path):7% b %PROTOCOL%");
  ASSERT_EQ(made.segments().size(), 4U);
  EXPECT_EQ(made.segments()[0].text, "a ");
  EXPECT_EQ(made.segments()[1].op, Operator::request_header);
  EXPECT_EQ(made.segments()[1].field.name, "x-one");
  EXPECT_EQ(made.segments()[1].otherwise.name, ":path");
  EXPECT_EQ(made.segments()[1].max_bytes, 7U);
  EXPECT_EQ(made.segments()[2].text, " b ");
  EXPECT_EQ(made.segments()[3].op, Operator::protocol);
  EXPECT_FALSE(made.is_single());
}

TEST(Substitution, resolves_header_names_once) {
  const Template made = parsed("%REQ(USER-AGENT)%");
  EXPECT_TRUE(made.is_single());
  EXPECT_EQ(made.segments()[0].field.known, Known::user_agent);
}

TEST(Substitution, what_never_changes_becomes_text) {
  ::setenv("GNOMON_SUBSTITUTION_TEST", "blue", 1);
  EXPECT_EQ(parsed("in %ENVIRONMENT(GNOMON_SUBSTITUTION_TEST)% and").literal(), "in blue and");
  ::unsetenv("GNOMON_SUBSTITUTION_TEST");
  EXPECT_EQ(parsed("%ENVIRONMENT(GNOMON_SUBSTITUTION_TEST)%").segments()[0].op, Operator::nothing);
  EXPECT_TRUE(parsed("%HOSTNAME%").is_literal());
}

TEST(Substitution, times_keep_their_format) {
  EXPECT_EQ(parsed("%START_TIME%").segments()[0].text, "%Y-%m-%dT%H:%M:%E3SZ");
  EXPECT_EQ(parsed("%START_TIME(%s.%3f)%").segments()[0].text, "%s.%3f");
  EXPECT_EQ(refused("%START_TIME(%Q)%").message, "%START_TIME%: %Q is not a part of a time");
  refused("%START_TIME(%3s)%");
  refused("%START_TIME(%)%");
  refused("%START_TIME(%E3)%");
}

TEST(Substitution, knows_what_it_has_no_value_for) {
  for (const char* format :
       {"%DYNAMIC_METADATA(a:b:c)%", "%PER_REQUEST_STATE(x)%", "%TLS_JA3_FINGERPRINT%",
        "%FILTER_STATE(io.solo.modsecurity.audit_log)%", "%UPSTREAM_TLS_VERSION%"}) {
    EXPECT_EQ(parsed(format).segments()[0].op, Operator::nothing) << format;
  }
}

TEST(Substitution, errors_name_the_operator_and_its_place) {
  const TemplateError unknown = refused("abc %NO_SUCH%");
  EXPECT_EQ(unknown.offset, 4U);
  EXPECT_EQ(unknown.message, "there is no operator %NO_SUCH%");
  EXPECT_EQ(refused("%REQ%").message, "%REQ%: a header must be named in parentheses");
  EXPECT_EQ(refused("%REQ(a b)%").message, "%REQ%: it does not name a header");
  EXPECT_EQ(refused("%REQ(a?b?c)%").message, "%REQ%: more than one alternative");
  EXPECT_EQ(refused("%GRPC_STATUS(camel)%").message,
            "%GRPC_STATUS%: its form is CAMEL_STRING, SNAKE_STRING or NUMBER");
  EXPECT_EQ(refused("%PROTOCOL(x)%").message, "%PROTOCOL%: it takes nothing in parentheses");
}

TEST(Substitution, refuses_a_lone_percent_sign) {
  for (const char* format : {"%", "a%", "100% sure", "%REQ(a%", "%REQ(a):%", "%PROTOCOL", "%lower%",
                             "%REQ(a):99999999999999999999%"}) {
    refused(format);
  }
}

TEST(Substitution, says_whether_it_reads_the_answer) {
  EXPECT_FALSE(parsed("%REQ(a)% %RESPONSE_CODE%").reads_response());
  EXPECT_TRUE(parsed("%RESP(a)%").reads_response());
  EXPECT_TRUE(parsed("%TRAILER(a)%").reads_response());
}

}  // namespace
}  // namespace gnomon::routing
