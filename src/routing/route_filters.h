// What a route does to its requests beside sending them on: cross-origin rules, made-up faults,
// hash policies, limits. Resolved like the rest of the plan; most routes have none of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/token_bucket.h"
#include "routing/regex.h"

namespace gnomon::routing {

// As options.cors says; the lists are joined already, as they stand in fields.
struct CorsPolicy {
  std::vector<std::string> origins;  // "*": all
  std::vector<RegexPtr> origin_patterns;
  std::string allow_methods;
  std::string allow_headers;
  std::string expose_headers;
  std::string max_age;
  bool allow_credentials = false;

  bool allows(std::string_view origin) const;
};

struct FaultPolicy {
  uint32_t delay_per_million = 0;
  Millis delay{0};
  uint32_t abort_per_million = 0;
  uint16_t abort_status = 0;
};

// One source of the hash that an affine balancer picks a host by.
struct HashPolicy {
  enum class Kind : uint8_t { header, cookie, source_ip };
  Kind kind = Kind::header;
  std::string name;  // of the header or cookie
  std::string cookie_path;
  std::optional<std::chrono::seconds> cookie_ttl;  // given: a client without the cookie gets one
  bool terminal = false;
};

struct RouteFilters {
  std::optional<CorsPolicy> cors;
  std::optional<FaultPolicy> faults;
  std::vector<HashPolicy> hash;
  // Shared by all workers. Null: no limit.
  std::shared_ptr<TokenBucket> rate_limit;
  // 413 beyond; 0: no limit; absent: the listener's counts.
  std::optional<uint64_t> body_bytes_max;
  bool websocket = true;  // upgrades are passed on
};

}  // namespace gnomon::routing
