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

// Empty without a rule, or where the request has none. `ip` holds it where the head does not.
std::string_view key_of(const routing::SampleKey& rule, const RequestHead& head,
                        const net::Address& client, std::string& ip) {
  using Kind = routing::SampleKey::Kind;
  switch (rule.kind) {
    case Kind::none:
      break;
    case Kind::header:
      return head.headers.get(std::string_view(rule.name));
    case Kind::cookie:
      return find_cookie(head.headers, rule.name);
    case Kind::client_address:
      ip = client.ip();
      return ip;
  }
  return {};
}

}  // namespace

bool sample(const routing::ShadowPolicy& policy, const RequestHead& head,
            const net::Address& client, Rng& rng) {
  if (policy.per_million == 0) return false;
  if (policy.per_million >= kMillion) return true;
  std::string ip;
  const std::string_view key = key_of(policy.key, head, client, ip);
  const uint32_t drawn = key.empty() ? rng.below(kMillion) : bucket(policy.key.salt, key);
  return drawn < policy.per_million;
}

uint64_t client_of(const routing::ShadowPolicy& policy, const RequestHead& head,
                   const net::Address& client) {
  std::string ip;
  const std::string_view key = key_of(policy.key, head, client, ip);
  if (!key.empty()) return XXH64(key.data(), key.size(), 0);
  net::Address host = client;
  host.set_port(0);
  return XXH64(host.data(), host.size(), 0);
}

}  // namespace gnomon::shadow
