#include "proxy/retry.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "proxy/grpc.h"

namespace gnomon::proxy {
namespace {

// From now until the instant or after the seconds that the value gives.
std::optional<Millis> reset_interval(const routing::ResetHeader& header, std::string_view value,
                                     WallTime now) noexcept {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  constexpr int64_t kFarthest = int64_t{1} << 40;  // seconds; beyond it sums would overflow
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  if (number < 0 || number > kFarthest) return std::nullopt;
  const std::chrono::seconds given(number);
  if (!header.unix_timestamp) return given;
  const auto since = std::chrono::duration_cast<Millis>(now.time_since_epoch());
  return given > since ? std::optional<Millis>(given - since) : std::nullopt;
}

// Of a list with commas.
bool has_any(const Headers& headers, std::string_view names) noexcept {
  while (!names.empty()) {
    std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty() && headers.find(name) != nullptr) return true;
  }
  return false;
}

}  // namespace

bool retries_status(const routing::RetryPolicy& policy, uint16_t status) noexcept {
  if ((policy.on & routing::kRetry5xx) != 0 && status >= 500 && status < 600) return true;
  if ((policy.on & routing::kRetryGatewayError) != 0 && status >= 502 && status <= 504) return true;
  if ((policy.on & routing::kRetryRetriable4xx) != 0 && status == 409) return true;
  return (policy.on & routing::kRetryRetriableStatusCodes) != 0 &&
         std::find(policy.status_codes.begin(), policy.status_codes.end(), status) !=
             policy.status_codes.end();
}

bool retries_grpc(const routing::RetryPolicy& policy, uint32_t status) noexcept {
  switch (status) {
    case 1:
      return (policy.on & routing::kRetryGrpcCancelled) != 0;
    case 2:
      return (policy.on & routing::kRetryGrpcUnknown) != 0;
    case 4:
      return (policy.on & routing::kRetryGrpcDeadlineExceeded) != 0;
    case 8:
      return (policy.on & routing::kRetryGrpcResourceExhausted) != 0;
    case 13:
      return (policy.on & routing::kRetryGrpcInternal) != 0;
    case 14:
      return (policy.on & routing::kRetryGrpcUnavailable) != 0;
    default:
      return false;
  }
}

bool retries_response(const routing::RetryPolicy& policy, const ResponseHead& head,
                      std::string_view retriable_names) noexcept {
  if (policy.on == 0) return false;
  // Another Envoy's limit says that coming again is no help, whatever the status.
  if (head.headers.find("x-envoy-ratelimited") != nullptr) {
    return (policy.on & routing::kRetryEnvoyRateLimited) != 0;
  }
  if (retries_status(policy, head.status)) return true;
  const std::optional<uint32_t> grpc = grpc_status(head.headers);
  if (grpc && retries_grpc(policy, *grpc)) return true;
  return (policy.on & routing::kRetryRetriableHeaders) != 0 &&
         has_any(head.headers, retriable_names);
}

bool retries_error(const routing::RetryPolicy& policy, const Error& error,
                   bool head_sent) noexcept {
  const uint32_t before_request = head_sent ? 0 : routing::kRetryResetBeforeRequest;
  switch (error.code) {
    case Errc::connect_refused:
    case Errc::connect_timeout:
    case Errc::connect_failed:
      return (policy.on & (routing::kRetryConnectFailure | routing::kRetry5xx |
                           routing::kRetryGatewayError | before_request)) != 0;
    case Errc::reset:
      // Refused by an HTTP/2 backend, which has not looked at it.
      if (error.retry == Retry::yes && (policy.on & routing::kRetryRefusedStream) != 0) return true;
      [[fallthrough]];
    case Errc::timeout:
      return (policy.on & (routing::kRetryReset | routing::kRetry5xx | routing::kRetryGatewayError |
                           before_request)) != 0;
    default:
      return false;
  }
}

Millis retry_backoff(const routing::RetryPolicy& policy, uint32_t attempt, Rng& rng) noexcept {
  const int64_t base = std::max<int64_t>(policy.base_interval.count(), 1);
  const int64_t most = std::max<int64_t>(policy.max_interval.count(), base);
  int64_t ceiling = base;
  for (uint32_t i = 1; i < attempt && ceiling < most; ++i) ceiling *= 2;
  ceiling = std::min(ceiling, most);
  return Millis(rng.below(static_cast<uint32_t>(std::min<int64_t>(ceiling, UINT32_MAX))));
}

std::optional<Millis> requested_backoff(const routing::RetryPolicy& policy, const Headers& response,
                                        WallTime now, Rng& rng) noexcept {
  for (const routing::ResetHeader& header : policy.reset_headers) {
    const Field* field = response.find(std::string_view(header.name));
    if (field == nullptr) continue;
    const std::optional<Millis> interval = reset_interval(header, field->value, now);
    if (!interval || *interval > policy.reset_interval_max) continue;
    const auto spread = static_cast<uint32_t>(std::min<int64_t>(interval->count() / 2, UINT32_MAX));
    return *interval + Millis(spread == 0 ? 0 : rng.below(spread));
  }
  return std::nullopt;
}

}  // namespace gnomon::proxy
