#include "shadow/sampler.h"

#include <xxhash.h>

#include <string>

namespace gnomon::shadow {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// 0 .. 999'999, uniform over keys.
uint32_t bucket(std::string_view salt, std::string_view key) noexcept {
  const uint64_t seed = XXH64(salt.data(), salt.size(), 0);
  const uint64_t hash = XXH64(key.data(), key.size(), seed);
  return static_cast<uint32_t>(((hash >> 32) * kMillion) >> 32);
}

}  // namespace

std::string_view find_cookie(const Headers& headers, std::string_view name) noexcept {
  for (const Field& field : headers) {
    if (field.known != Known::cookie) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t end = rest.find(';');
      const std::string_view pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      const size_t equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
        return pair.substr(equals + 1);
      }
    }
  }
  return {};
}

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
