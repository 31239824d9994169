#include "proxy/retry.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

routing::RetryPolicy on(uint32_t conditions) {
  routing::RetryPolicy policy;
  policy.on = conditions;
  return policy;
}

Error error_of(Errc code) { return {code, Side::backend, Retry::no, ""}; }

TEST(RetryStatus, follows_the_conditions) {
  EXPECT_TRUE(retries_status(on(routing::kRetry5xx), 500));
  EXPECT_TRUE(retries_status(on(routing::kRetry5xx), 599));
  EXPECT_FALSE(retries_status(on(routing::kRetry5xx), 404));
  EXPECT_FALSE(retries_status(on(routing::kRetryGatewayError), 500));
  for (const uint16_t status : {502, 503, 504}) {
    EXPECT_TRUE(retries_status(on(routing::kRetryGatewayError), status));
  }
  EXPECT_TRUE(retries_status(on(routing::kRetryRetriable4xx), 409));
  EXPECT_FALSE(retries_status(on(routing::kRetryRetriable4xx), 404));
  EXPECT_FALSE(retries_status(on(0), 503));
  EXPECT_FALSE(retries_status(on(routing::kRetryReset | routing::kRetryConnectFailure), 503));
}

TEST(RetryStatus, listed_codes_count_only_with_their_condition) {
  routing::RetryPolicy policy = on(routing::kRetryRetriableStatusCodes);
  policy.status_codes = {418, 429};
  EXPECT_TRUE(retries_status(policy, 429));
  EXPECT_FALSE(retries_status(policy, 430));
  policy.on = routing::kRetryReset;
  EXPECT_FALSE(retries_status(policy, 429));
}

ResponseHead answer(uint16_t status, std::string_view field = {}) {
  ResponseHead head;
  head.status = status;
  if (!field.empty()) head.headers.add(field, "1");
  return head;
}

TEST(RetryResponse, limits_of_another_envoy_are_respected_unless_asked_otherwise) {
  const ResponseHead limited = answer(503, "x-envoy-ratelimited");
  EXPECT_TRUE(retries_response(on(routing::kRetry5xx), answer(503), ""));
  EXPECT_FALSE(retries_response(on(routing::kRetry5xx), limited, ""));
  EXPECT_TRUE(retries_response(on(routing::kRetryEnvoyRateLimited), limited, ""));
  EXPECT_FALSE(retries_response(on(routing::kRetryEnvoyRateLimited), answer(503), ""));
}

TEST(RetryResponse, named_fields_count_only_with_their_condition) {
  const auto policy = on(routing::kRetryRetriableHeaders);
  EXPECT_TRUE(retries_response(policy, answer(200, "X-Again"), "x-other , x-again"));
  EXPECT_FALSE(retries_response(policy, answer(200, "x-again"), "x-other,,"));
  EXPECT_FALSE(retries_response(policy, answer(200, "x-again"), ""));
  EXPECT_FALSE(retries_response(on(routing::kRetry5xx), answer(200, "x-again"), "x-again"));
}

TEST(RetryError, before_the_request_was_sent_has_a_condition_of_its_own) {
  const auto policy = on(routing::kRetryResetBeforeRequest);
  for (const Errc code : {Errc::connect_refused, Errc::connect_timeout, Errc::connect_failed,
                          Errc::reset, Errc::timeout}) {
    EXPECT_TRUE(retries_error(policy, error_of(code), false));
    EXPECT_FALSE(retries_error(policy, error_of(code), true));
  }
  EXPECT_FALSE(retries_error(policy, error_of(Errc::overflow), false));
  EXPECT_FALSE(retries_error(on(routing::kRetryHttp3PostConnectFailure),
                             error_of(Errc::connect_failed), false));
}

TEST(RetryError, tells_connecting_from_losing_a_connection) {
  const auto connect = on(routing::kRetryConnectFailure);
  EXPECT_TRUE(retries_error(connect, error_of(Errc::connect_refused), true));
  EXPECT_TRUE(retries_error(connect, error_of(Errc::connect_timeout), true));
  EXPECT_FALSE(retries_error(connect, error_of(Errc::reset), true));
  const Error refused{Errc::reset, Side::backend, Retry::yes, ""};
  EXPECT_TRUE(retries_error(on(routing::kRetryRefusedStream), refused, true));
  EXPECT_FALSE(retries_error(on(routing::kRetryRefusedStream), error_of(Errc::reset), true));
  EXPECT_TRUE(retries_grpc(on(routing::kRetryGrpcUnavailable), 14));
  EXPECT_FALSE(retries_grpc(on(routing::kRetryGrpcUnavailable), 13));
  EXPECT_FALSE(retries_grpc(on(routing::kRetry5xx), 14));
  const auto reset = on(routing::kRetryReset);
  EXPECT_TRUE(retries_error(reset, error_of(Errc::reset), true));
  EXPECT_FALSE(retries_error(reset, error_of(Errc::connect_refused), true));
  EXPECT_FALSE(retries_error(on(routing::kRetry5xx), error_of(Errc::overflow), true));
  EXPECT_FALSE(retries_error(on(routing::kRetry5xx), error_of(Errc::protocol), true));
}

TEST(RetryBackoff, grows_to_its_ceiling_and_is_jittered) {
  routing::RetryPolicy policy = on(routing::kRetry5xx);
  policy.base_interval = Millis(20);
  policy.max_interval = Millis(100);
  Rng rng(1);
  Millis longest[6] = {};
  for (int i = 0; i < 2'000; ++i) {
    for (uint32_t attempt = 1; attempt <= 5; ++attempt) {
      longest[attempt] = std::max(longest[attempt], retry_backoff(policy, attempt, rng));
    }
  }
  EXPECT_LT(longest[1], Millis(20));
  EXPECT_GT(longest[2], Millis(20));
  EXPECT_LT(longest[2], Millis(40));
  EXPECT_GT(longest[4], Millis(80));
  EXPECT_LT(longest[4], Millis(100));
  EXPECT_LT(longest[5], Millis(100));
}

TEST(RetryBackoff, a_thousand_attempts_do_not_overflow) {
  routing::RetryPolicy policy = on(routing::kRetry5xx);
  policy.max_interval = Millis(1'000);
  Rng rng(1);
  EXPECT_LT(retry_backoff(policy, 1'000, rng), Millis(1'000));
}

}  // namespace
}  // namespace gnomon::proxy
