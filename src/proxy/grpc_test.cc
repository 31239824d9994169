#include "proxy/grpc.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

Headers of_type(std::string_view type) {
  Headers headers;
  headers.add("content-type", type);
  return headers;
}

TEST(Grpc, calls_are_known_by_their_type) {
  EXPECT_TRUE(is_grpc(of_type("application/grpc")));
  EXPECT_TRUE(is_grpc(of_type("application/grpc+proto")));
  EXPECT_FALSE(is_grpc(of_type("application/grpc-web")));
  EXPECT_FALSE(is_grpc(of_type("application/json")));
  EXPECT_FALSE(is_grpc(Headers()));
}

TEST(Grpc, an_answer_has_its_status_in_a_field) {
  ResponseHead head;
  head.status = 503;
  make_grpc_answer(head, "no host, 100% sure\n", grpc_status_of(503));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("content-type"), "application/grpc");
  EXPECT_EQ(grpc_status(head.headers), 14U);
  EXPECT_EQ(head.headers.get("grpc-message"), "no host, 100%25 sure%0A");
}

TEST(Grpc, an_answer_without_text_has_no_message) {
  ResponseHead head;
  make_grpc_answer(head, "", kGrpcDeadlineExceeded);
  EXPECT_EQ(grpc_status(head.headers), 4U);
  EXPECT_EQ(head.headers.find(std::string_view("grpc-message")), nullptr);
}

TEST(Grpc, the_status_of_an_answer_is_in_its_trailers_or_head_or_follows_from_http) {
  Headers trailers;
  EXPECT_EQ(grpc_answer(trailers, 5, 200), 5U);
  EXPECT_EQ(grpc_answer(trailers, std::nullopt, 503), 14U);
  trailers.add("grpc-status", "0");
  EXPECT_EQ(grpc_answer(trailers, 5, 200), 0U);
}

TEST(Grpc, statuses_have_names) {
  EXPECT_EQ(grpc_camel_name(1), "Canceled");
  EXPECT_EQ(grpc_snake_name(1), "CANCELLED");
  EXPECT_EQ(grpc_camel_name(16), "Unauthenticated");
  EXPECT_EQ(grpc_snake_name(16), "UNAUTHENTICATED");
  EXPECT_EQ(grpc_camel_name(17), "17");
  EXPECT_EQ(grpc_snake_name(99), "99");
}

TEST(Grpc, statuses_of_http_have_their_equals) {
  const std::pair<uint16_t, uint32_t> pairs[] = {
      {200, 2}, {301, 2},  {400, 13}, {401, 16}, {403, 7},  {404, 12}, {408, 2},
      {413, 2}, {429, 14}, {500, 2},  {502, 14}, {503, 14}, {504, 14}};
  for (const auto& [http, grpc] : pairs) EXPECT_EQ(grpc_status_of(http), grpc) << http;
}

std::optional<Millis> timeout_of(std::string_view value) {
  Headers headers;
  headers.add("grpc-timeout", value);
  return grpc_timeout(headers);
}

TEST(Grpc, a_call_s_time_has_a_unit) {
  EXPECT_EQ(timeout_of("2H"), Millis(7'200'000));
  EXPECT_EQ(timeout_of("2M"), Millis(120'000));
  EXPECT_EQ(timeout_of("2S"), Millis(2000));
  EXPECT_EQ(timeout_of("2m"), Millis(2));
  EXPECT_EQ(timeout_of("2001u"), Millis(3));
  EXPECT_EQ(timeout_of("1n"), Millis(1));
  EXPECT_EQ(timeout_of("99999999H"), std::chrono::hours(876'000));
  EXPECT_EQ(timeout_of("0S"), Millis(0));
  for (const char* bad : {"", "S", "5", "5x", "-5S", "+5S", "5 S", "123456789S", "5SS"}) {
    EXPECT_EQ(timeout_of(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(grpc_timeout(Headers()), std::nullopt);
}

TEST(Grpc, a_call_s_time_is_written_in_eight_digits) {
  EXPECT_EQ(grpc_timeout_value(Millis(0)), "0m");
  EXPECT_EQ(grpc_timeout_value(Millis(99'999'999)), "99999999m");
  EXPECT_EQ(grpc_timeout_value(Millis(100'000'999)), "100000S");
  EXPECT_EQ(grpc_timeout_value(std::chrono::hours(99'999'999)), "99999999H");
}

TEST(Grpc, a_status_that_is_no_number_is_none) {
  Headers headers;
  EXPECT_FALSE(grpc_status(headers).has_value());
  headers.add("grpc-status", "5x");
  EXPECT_FALSE(grpc_status(headers).has_value());
}

}  // namespace
}  // namespace gnomon::proxy
