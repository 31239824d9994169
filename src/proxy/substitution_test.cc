#include "proxy/substitution.h"

#include <gtest/gtest.h>

#include <chrono>

namespace gnomon::proxy {
namespace {

using std::chrono::milliseconds;

struct Sample {
  net::Address backend = *net::Address::parse("10.0.35.28", 80);
  net::Address client = *net::Address::parse("::1", 41234);
  RequestHead request;
  ResponseHead response;
  Headers trailers;
  StreamFacts facts;

  Sample() {
    request.method_name = "POST";
    request.path = "/rewritten?q=1";
    request.authority = "shop.test";
    request.content_length = 12;
    request.headers.add("X-One", "1");
    request.headers.add("User-Agent", "say \"hi\"\x80");
    response.headers.add("Server", "tomcat");
    trailers.add("grpc-status", "5");
    facts.start = WallTime(std::chrono::seconds(1460751420) + milliseconds(310));
    facts.duration = milliseconds(226);
    facts.backend_time = milliseconds(100);
    facts.request_time = milliseconds(7);
    facts.backend_answered = true;
    facts.status = 204;
    facts.bytes_received = 154;
    facts.bytes_sent = 7;
    facts.request = &request;
    facts.response = &response;
    facts.response_trailers = &trailers;
    facts.cluster = "shop_gloo-system";
    facts.route = "gloo-system.default/0";
    facts.backend = &backend;
    facts.client = &client;
    facts.attempts = 1;
    facts.connection_id = 77;
  }
};

std::string text(std::string_view format, const StreamFacts& facts) {
  std::string out;
  append_log_text(out, routing::Template::parse(format).value(), facts);
  return out;
}

std::string json(std::string_view format, const StreamFacts& facts) {
  std::string out;
  append_log_json(out, routing::Template::parse(format).value(), facts);
  return out;
}

std::string header(std::string_view format, const StreamFacts& facts) {
  std::string out;
  const bool written = render_header_value(out, routing::Template::parse(format).value(), facts);
  return written ? out : "(none)";
}

TEST(Substitution, renders_every_operator) {
  const Sample sample;
  const std::pair<const char*, const char*> kTable[] = {
      {"%REQ(X-ONE)%", "1"},
      {"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", "POST /rewritten?q=1"},
      {"%REQ(:AUTHORITY)% %REQ(HOST)% %REQ(:SCHEME)%", "shop.test shop.test http"},
      {"%REQ(CONTENT-LENGTH)%", "12"},
      {"%REQ(X-TWO?X-ONE)%", "1"},
      {"%REQ(X-TWO?X-THREE)%", "-"},
      {"%REQ(:PATH):4%", "/rew"},
      {"%RESP(SERVER)% %RESP(:STATUS)% %RESP(X)%", "tomcat 200 -"},
      {"%TRAILER(grpc-status)% %GRPC_STATUS%", "5 -"},
      {"%PROTOCOL% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%", "HTTP/1.1 204 via_upstream"},
      {"%RESPONSE_FLAGS%", "-"},
      {"%BYTES_RECEIVED% %BYTES_SENT%", "154 7"},
      {"%DURATION% %REQUEST_DURATION% %RESPONSE_DURATION%", "226 7 100"},
      {"%UPSTREAM_HOST% %UPSTREAM_CLUSTER%", "10.0.35.28:80 shop_gloo-system"},
      {"%UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
       "10.0.35.28:80 10.0.35.28"},
      {"%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "[::1]:41234 ::1"},
      {"%DOWNSTREAM_DIRECT_REMOTE_PORT%", "41234"},
      {"%DOWNSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_ADDRESS%", "- -"},
      {"%ROUTE_NAME% %VIRTUAL_CLUSTER_NAME%", "gloo-system.default/0 -"},
      {"%CONNECTION_ID% %UPSTREAM_REQUEST_ATTEMPT_COUNT%", "77 1"},
      {"%DYNAMIC_METADATA(a)% %REQUESTED_SERVER_NAME% 5%%", "- - 5%"},
  };
  for (const auto& [format, wanted] : kTable) EXPECT_EQ(text(format, sample.facts), wanted);
}

TEST(Substitution, the_status_of_a_call_has_three_forms) {
  Sample sample;
  sample.facts.grpc_status = 3;
  EXPECT_EQ(text("%GRPC_STATUS% %GRPC_STATUS(CAMEL_STRING)%", sample.facts),
            "InvalidArgument InvalidArgument");
  EXPECT_EQ(text("%GRPC_STATUS(SNAKE_STRING)%", sample.facts), "INVALID_ARGUMENT");
  EXPECT_EQ(text("%GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%", sample.facts), "3 3");
  EXPECT_EQ(json("%GRPC_STATUS_NUMBER%", sample.facts), "3");
  sample.facts.grpc_status = 99;
  EXPECT_EQ(text("%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)%", sample.facts), "99 99");
}

TEST(Substitution, a_failure_of_tls_is_one_word) {
  Sample sample;
  EXPECT_EQ(text("%UPSTREAM_TRANSPORT_FAILURE_REASON%", sample.facts), "-");
  sample.facts.transport_failure = "certificate verify failed: it has expired";
  EXPECT_EQ(text("%UPSTREAM_TRANSPORT_FAILURE_REASON%", sample.facts),
            "TLS_error:_certificate_verify_failed:_it_has_expired");
}

TEST(Substitution, writes_times_as_asked) {
  const Sample sample;
  const std::pair<const char*, const char*> kTable[] = {
      {"%START_TIME%", "2016-04-15T20:17:00.310Z"},
      {"%EMIT_TIME%", "2016-04-15T20:17:00.536Z"},
      {"%START_TIME(%Y/%m/%dT%H:%M:%S%z %s)%", "2016/04/15T20:17:00+0000 1460751420"},
      {"%START_TIME(%s.%3f)%", "1460751420.310"},
      {"%START_TIME(%f %1f %E*S)%", "310000000 3 00.310000000"},
      {"%START_TIME(%a %A %b %B %e %j %I %p %y %F %T %R %D %Z %u)%",
       "Fri Friday Apr April 15 106 08 PM 16 2016-04-15 20:17:00 20:17 04/15/16 UTC 5"},
      {"%START_TIME(100%%)%", "100%"},
  };
  for (const auto& [format, wanted] : kTable) EXPECT_EQ(text(format, sample.facts), wanted);
}

TEST(Substitution, clients_cannot_break_a_line) {
  const Sample sample;
  EXPECT_EQ(text("\"%REQ(USER-AGENT)%\"\n", sample.facts), "\"say \\x22hi\\x22\\x80\"\n");
}

TEST(Substitution, json_values_have_types) {
  const Sample sample;
  EXPECT_EQ(json("%RESPONSE_CODE%", sample.facts), "204");
  EXPECT_EQ(json("%DURATION%", sample.facts), "226");
  EXPECT_EQ(json("%REQ(X-ONE)%", sample.facts), "\"1\"");
  EXPECT_EQ(json("%REQ(X-TWO)%", sample.facts), "null");
  EXPECT_EQ(json("code %RESPONSE_CODE% %REQ(X-TWO)%", sample.facts), "\"code 204 -\"");
  EXPECT_EQ(json("%REQ(USER-AGENT)%", sample.facts), "\"say \\\"hi\\\"\\u0080\"");
  EXPECT_EQ(json("", sample.facts), "\"\"");
}

TEST(Substitution, a_header_of_one_operator_without_a_value_is_not_written) {
  const Sample sample;
  EXPECT_EQ(header("%REQ(X-TWO)%", sample.facts), "(none)");
  EXPECT_EQ(header("a%REQ(X-TWO)%b", sample.facts), "ab");
  EXPECT_EQ(header("%REQ(X-ONE)%", sample.facts), "1");
  EXPECT_EQ(header("plain", sample.facts), "plain");
  EXPECT_EQ(header("", sample.facts), "");
}

TEST(Substitution, a_trusted_client_goes_before_whoever_connected) {
  Sample sample;
  sample.facts.trusted_client_ip = "192.0.2.9";
  EXPECT_EQ(text("%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", sample.facts),
            "192.0.2.9:0 [::1]:41234");
}

TEST(Substitution, details_follow_from_flags) {
  Sample sample;
  sample.facts.flags = kFlagNoRoute;
  EXPECT_EQ(text("%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%", sample.facts), "NR route_not_found");
  sample.facts.details = "health_check_ok";
  EXPECT_EQ(text("%RESPONSE_CODE_DETAILS%", sample.facts), "health_check_ok");
}

TEST(Substitution, nothing_is_known_of_a_refused_request) {
  EXPECT_EQ(
      text("%REQ(:METHOD)% %PROTOCOL% %UPSTREAM_HOST% %DOWNSTREAM_REMOTE_ADDRESS%", StreamFacts()),
      "- - - -");
}

}  // namespace
}  // namespace gnomon::proxy
