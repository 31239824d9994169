#include "proxy/retry.h"

#include <algorithm>

namespace gnomon::proxy {

bool retries_status(const routing::RetryPolicy& policy, uint16_t status) noexcept {
  if ((policy.on & routing::kRetry5xx) != 0 && status >= 500 && status < 600) return true;
  if ((policy.on & routing::kRetryGatewayError) != 0 && status >= 502 && status <= 504) return true;
  if ((policy.on & routing::kRetryRetriable4xx) != 0 && status == 409) return true;
  return (policy.on & routing::kRetryRetriableStatusCodes) != 0 &&
         std::find(policy.status_codes.begin(), policy.status_codes.end(), status) !=
             policy.status_codes.end();
}

bool retries_error(const routing::RetryPolicy& policy, const Error& error) noexcept {
  switch (error.code) {
    case Errc::connect_refused:
    case Errc::connect_timeout:
    case Errc::connect_failed:
      return (policy.on & (routing::kRetryConnectFailure | routing::kRetry5xx |
                           routing::kRetryGatewayError)) != 0;
    case Errc::reset:
    case Errc::timeout:
      return (policy.on &
              (routing::kRetryReset | routing::kRetry5xx | routing::kRetryGatewayError)) != 0;
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

}  // namespace gnomon::proxy
