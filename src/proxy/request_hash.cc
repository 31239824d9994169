#include "proxy/request_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "msg/cookie.h"

namespace gnomon::proxy {
namespace {

uint64_t hash_of(std::string_view text, uint64_t seed = 0) noexcept {
  return XXH64(text.data(), text.size(), seed);
}

// Several fields of one name count whatever their order.
std::optional<uint64_t> hash_header(const Headers& headers, std::string_view name) {
  std::vector<std::string_view> values;
  for (const Field& field : headers) {
    if (equals_ignore_case(field.name, name)) values.push_back(field.value);
  }
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  uint64_t hash = 0;
  for (const std::string_view value : values) hash = hash_of(value, hash);
  return hash;
}

std::optional<uint64_t> hash_cookie(const routing::HashPolicy& policy, const RequestHead& head,
                                    const net::Address& client, std::string& set_cookie) {
  const std::string_view value = find_cookie(head.headers, policy.name);
  if (!value.empty()) return hash_of(value);
  if (!policy.cookie_ttl) return std::nullopt;
  // The same for all requests that race on one connection, so that they reach one host.
  const std::string made = fmt::format("{:016x}", hash_of(client.to_string()));
  set_cookie = set_cookie_value(policy.name, made, policy.cookie_path, *policy.cookie_ttl);
  return hash_of(made);
}

std::optional<uint64_t> evaluate(const routing::HashPolicy& policy, const RequestHead& head,
                                 const net::Address& client, std::string& set_cookie) {
  switch (policy.kind) {
    case routing::HashPolicy::Kind::header:
      return hash_header(head.headers, policy.name);
    case routing::HashPolicy::Kind::cookie:
      return hash_cookie(policy, head, client, set_cookie);
    case routing::HashPolicy::Kind::source_ip:
      return hash_of(client.ip());
  }
  return std::nullopt;
}

}  // namespace

RequestHash hash_request(std::span<const routing::HashPolicy> policies, const RequestHead& head,
                         const net::Address& client) {
  RequestHash out;
  for (const routing::HashPolicy& policy : policies) {
    const std::optional<uint64_t> found = evaluate(policy, head, client, out.set_cookie);
    if (!found) continue;
    // Turned by one bit, so that two equal policies do not cancel each other.
    const uint64_t before = out.value.value_or(0);
    out.value = ((before << 1) | (before >> 63)) ^ *found;
    if (policy.terminal) break;
  }
  return out;
}

}  // namespace gnomon::proxy
