// A token bucket of the gateway's own, without a rate-limit server.
#pragma once

#include <cstdint>
#include <optional>

#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

struct TokenBucket {
  Position at;
  uint32_t max_tokens = 0;
  std::optional<uint32_t> tokens_per_fill;  // 1
  std::optional<Duration> fill_interval;    // one second
};

struct RateLimit {
  std::optional<TokenBucket> local;
};

void describe(Schema<TokenBucket>& s);
void describe(Schema<RateLimit>& s);

}  // namespace gnomon::config
