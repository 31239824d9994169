#include "config/local_rate_limit.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

// As in Envoy: a bucket that is filled more often would be a timer that never rests.
struct FillInterval {
  bool operator()(Duration interval, const Node& node, const Scope& scope) const {
    if (interval >= std::chrono::milliseconds(50)) return true;
    scope.error(node.at(), fmt::format("must be at least 50ms, is {}", node.text()));
    return false;
  }
};

}  // namespace

void describe(Schema<TokenBucket>& s) {
  s.field("maxTokens", &TokenBucket::max_tokens, kRequired, kPositive);
  s.field("tokensPerFill", &TokenBucket::tokens_per_fill, kPositive);
  s.field("fillInterval", &TokenBucket::fill_interval, FillInterval{});
}

void describe(Schema<RateLimit>& s) {
  s.field("localRatelimit", &RateLimit::local);
  s.unserved({"includeVhRateLimits", "rateLimits"},
             "needs Gloo's rate-limit server, an Enterprise feature; requests pass without it");
}

}  // namespace gnomon::config
