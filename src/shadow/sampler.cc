#include "shadow/sampler.h"

#include <xxhash.h>

#include <string>

#include "msg/cookie.h"

namespace gnomon::shadow {
namespace {

// 0 .. 999'999, uniform over keys.
uint32_t bucket(std::string_view salt, std::string_view key) noexcept {
  const uint64_t seed = XXH64(salt.data(), salt.size(), 0);
  const uint64_t hash = XXH64(key.data(), key.size(), seed);
  return static_cast<uint32_t>(((hash >> 32) * kMillion) >> 32);
}

}  // namespace

bool sample(const routing::ShadowPolicy& policy, const RequestHead& head,
            const net::Address& client, Rng& rng) {
  if (policy.per_million == 0) return false;
  if (policy.per_million >= kMillion) return true;
  using Kind = routing::SampleKey::Kind;
  std::string client_ip;
  std::string_view key;
  switch (policy.key.kind) {
    case Kind::none:
      break;
    case Kind::header:
      key = head.headers.get(std::string_view(policy.key.name));
      break;
    case Kind::cookie:
      key = find_cookie(head.headers, policy.key.name);
      break;
    case Kind::client_address:
      client_ip = client.ip();
      key = client_ip;
      break;
  }
  const uint32_t drawn = key.empty() ? rng.below(kMillion) : bucket(policy.key.salt, key);
  return drawn < policy.per_million;
}

}  // namespace gnomon::shadow
