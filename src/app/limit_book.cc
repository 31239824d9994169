#include "app/limit_book.h"

#include <optional>

namespace gnomon::app {
namespace {

void keep_or_renew(std::shared_ptr<TokenBucket>& bucket,
                   const std::optional<TokenBucketSettings>& wanted) {
  if (!wanted) {
    bucket.reset();
  } else if (bucket == nullptr || bucket->settings() != *wanted) {
    bucket = std::make_shared<TokenBucket>(*wanted);
  }
}

}  // namespace

proxy::ListenerLimits LimitBook::of(const std::string& key,
                                    const routing::ListenerSettings& settings) {
  proxy::ListenerLimits& limits = limits_[key];
  if (limits.connections == nullptr) {
    limits.connections = std::make_shared<std::atomic<uint32_t>>(0);
  }
  keep_or_renew(limits.connection_rate, settings.connections.rate);
  std::optional<TokenBucketSettings> requests;
  if (settings.request_rate && !settings.request_rate->per_connection) {
    requests = settings.request_rate->bucket;
  }
  keep_or_renew(limits.request_rate, requests);
  return limits;
}

}  // namespace gnomon::app
