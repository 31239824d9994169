#include "proxy/cors.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

routing::CorsPolicy policy() {
  routing::CorsPolicy cors;
  cors.origins = {"https://a.test"};
  cors.origin_patterns = {routing::compile_regex("https://.*\\.b\\.test").regex};
  cors.allow_methods = "GET,POST";
  cors.allow_headers = "x-a";
  cors.expose_headers = "x-b";
  cors.max_age = "60";
  return cors;
}

RequestHead preflight(std::string_view origin) {
  RequestHead head;
  head.method = Method::options;
  head.method_name = "OPTIONS";
  head.headers.add("Origin", origin);
  head.headers.add("Access-Control-Request-Method", "POST");
  return head;
}

TEST(Cors, knows_origins_by_text_and_by_pattern) {
  EXPECT_TRUE(policy().allows("https://a.test"));
  EXPECT_TRUE(policy().allows("https://www.b.test"));
  EXPECT_FALSE(policy().allows("https://a.test.evil"));
  EXPECT_FALSE(policy().allows("https://www.b.test.evil"));
  EXPECT_FALSE(policy().allows("HTTPS://a.test"));
  routing::CorsPolicy all;
  all.origins = {"*"};
  EXPECT_TRUE(all.allows("null"));
}

TEST(Cors, answers_preflights_of_allowed_origins_only) {
  const auto answer = answer_preflight(policy(), preflight("https://a.test"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.get("access-control-allow-origin"), "https://a.test");
  EXPECT_EQ(answer->headers.get("access-control-allow-methods"), "GET,POST");
  EXPECT_EQ(answer->headers.get("access-control-allow-headers"), "x-a");
  EXPECT_EQ(answer->headers.get("access-control-max-age"), "60");
  EXPECT_EQ(answer->headers.find("access-control-allow-credentials"), nullptr);
  EXPECT_FALSE(answer_preflight(policy(), preflight("https://evil.test")).has_value());
}

TEST(Cors, leaves_other_requests_to_the_backend) {
  RequestHead get = preflight("https://a.test");
  get.method = Method::get;
  EXPECT_FALSE(answer_preflight(policy(), get).has_value());
  RequestHead plain_options = preflight("https://a.test");
  plain_options.headers.remove("access-control-request-method");
  EXPECT_FALSE(answer_preflight(policy(), plain_options).has_value());
}

TEST(Cors, marks_an_answer_with_the_one_origin_that_asked) {
  routing::CorsPolicy cors = policy();
  cors.allow_credentials = true;
  Headers response;
  response.add("access-control-allow-origin", "*");
  mark_allowed(cors, "https://a.test", response);
  EXPECT_EQ(response.get("access-control-allow-origin"), "https://a.test");
  EXPECT_EQ(response.get("access-control-allow-credentials"), "true");
  EXPECT_EQ(response.get("access-control-expose-headers"), "x-b");
  EXPECT_EQ(response.find("access-control-max-age"), nullptr);
}

}  // namespace
}  // namespace gnomon::proxy
