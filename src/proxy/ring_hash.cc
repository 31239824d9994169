#include "proxy/ring_hash.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace gnomon::proxy {

RingHash::RingHash(std::span<const WeightedKey> hosts, uint64_t size_min, uint64_t size_max) {
  if (hosts.empty()) return;
  double total = 0;
  double least = hosts.front().weight;
  for (const WeightedKey& host : hosts) {
    total += host.weight;
    least = std::min(least, static_cast<double>(host.weight));
  }
  least /= total;
  const double scale = std::min(std::ceil(least * static_cast<double>(size_min)) / least,
                                static_cast<double>(size_max));
  ring_.reserve(static_cast<size_t>(std::ceil(scale)) + 1);
  // Running sums, so that parts of points add up to whole ones: Envoy's order of summation, because
  // it decides who gets them.
  double have = 0;
  double want = 0;
  std::string text;
  for (uint32_t host = 0; host < hosts.size(); ++host) {
    text.assign(hosts[host].key).push_back('_');
    const size_t prefix = text.size();
    want += scale * (hosts[host].weight / total);
    for (uint64_t i = 0; have < want; ++i, ++have) {
      char digits[20];
      const char* end = std::to_chars(digits, digits + sizeof(digits), i).ptr;
      text.resize(prefix);
      text.append(digits, static_cast<size_t>(end - digits));
      ring_.push_back({XXH64(text.data(), text.size(), 0), host});
    }
  }
  std::ranges::sort(ring_, {}, &Point::hash);
}

uint32_t RingHash::pick(uint64_t hash) const noexcept {
  // The first point at or behind the hash; behind the last comes the first.
  const auto at = std::ranges::lower_bound(ring_, hash, {}, &Point::hash);
  return at == ring_.end() ? ring_.front().host : at->host;
}

}  // namespace gnomon::proxy
