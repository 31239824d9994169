#include "routing/retry_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace gnomon::routing {
namespace {

struct RetryCondition {
  std::string_view name;
  uint32_t bit;
};

constexpr std::array<RetryCondition, 17> kRetryConditions{{
    {"5xx", kRetry5xx},
    {"gateway-error", kRetryGatewayError},
    {"reset", kRetryReset},
    {"connect-failure", kRetryConnectFailure},
    {"retriable-4xx", kRetryRetriable4xx},
    {"refused-stream", kRetryRefusedStream},
    {"retriable-status-codes", kRetryRetriableStatusCodes},
    {"reset-before-request", kRetryResetBeforeRequest},
    {"envoy-ratelimited", kRetryEnvoyRateLimited},
    {"retriable-headers", kRetryRetriableHeaders},
    {"http3-post-connect-failure", kRetryHttp3PostConnectFailure},
    {"cancelled", kRetryGrpcCancelled},
    {"deadline-exceeded", kRetryGrpcDeadlineExceeded},
    {"internal", kRetryGrpcInternal},
    {"resource-exhausted", kRetryGrpcResourceExhausted},
    {"unavailable", kRetryGrpcUnavailable},
    {"unknown", kRetryGrpcUnknown},
}};

uint32_t build_conditions(const Place& place, const config::Located<std::string>& on) {
  uint32_t bits = 0;
  std::string_view rest = on.value;
  while (!rest.empty()) {
    std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.empty()) continue;
    const auto found = std::ranges::find(kRetryConditions, word, &RetryCondition::name);
    if (found != kRetryConditions.end()) {
      bits |= found->bit;
    } else {
      place.context.warning(*place.owner, on.at,
                            fmt::format("retryOn: \"{}\" is not a known condition", word));
    }
  }
  return bits;
}

}  // namespace

RetryPolicy build_retries(const Place& place, const config::Retries& from) {
  RetryPolicy to;
  to.on = build_conditions(place, from.on);
  to.count = from.count == 0 ? 1 : from.count;
  to.per_try_timeout = to_millis(from.per_try_timeout);
  to.status_codes = from.status_codes;
  if (from.back_off && from.back_off->problem() != nullptr) {
    place.context.error(*place.owner, from.back_off->at, from.back_off->problem(),
                        place.field("retries.retryBackOff"));
  } else if (from.back_off && from.back_off->base) {
    constexpr int kDefaultSpread = 10;  // Envoy: the maximum is ten times the base
    to.base_interval = to_millis(*from.back_off->base);
    to.max_interval =
        from.back_off->max ? to_millis(*from.back_off->max) : to.base_interval * kDefaultSpread;
  }
  if (from.rate_limited) {
    for (const config::ResetHeader& header : from.rate_limited->reset_headers) {
      to.reset_headers.push_back(
          {header.name, header.format == config::ResetHeaderFormat::unix_timestamp});
    }
    if (from.rate_limited->max) to.reset_interval_max = to_millis(*from.rate_limited->max);
  }
  return to;
}

}  // namespace gnomon::routing
