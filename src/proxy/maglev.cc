#include "proxy/maglev.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace gnomon::proxy {
namespace {

constexpr uint32_t kFree = UINT32_MAX;

// A host's order of preference over the table, and how much of the table it has a claim to.
struct Filler {
  uint32_t host;
  uint64_t offset;
  uint64_t skip;
  double weight;
  double target = 0;
  uint64_t next = 0;

  uint64_t preferred(uint32_t size) const noexcept { return (offset + skip * next) % size; }
};

std::vector<Filler> make_fillers(std::span<const WeightedKey> hosts, uint32_t size) {
  double total = 0;
  for (const WeightedKey& host : hosts) total += host.weight;
  std::vector<Filler> fillers;
  fillers.reserve(hosts.size());
  for (uint32_t i = 0; i < hosts.size(); ++i) {
    const std::string_view key = hosts[i].key;
    fillers.push_back({i, XXH64(key.data(), key.size(), 0) % size,
                       XXH64(key.data(), key.size(), 1) % (size - 1) + 1, hosts[i].weight / total});
  }
  // The order in which hosts take their turns decides ties, so it must not depend on the order in
  // which they are configured.
  std::ranges::sort(fillers, {}, [&](const Filler& filler) {
    return std::pair(hosts[filler.host].key, filler.host);
  });
  return fillers;
}

}  // namespace

Maglev::Maglev(std::span<const WeightedKey> hosts, uint32_t table_size) {
  if (hosts.empty()) return;
  table_.assign(table_size, kFree);
  std::vector<Filler> fillers = make_fillers(hosts, table_size);
  const double heaviest = std::ranges::max(fillers, {}, &Filler::weight).weight;
  uint32_t filled = 0;
  // A host of the largest weight takes an entry in every round, one of a third of it in every
  // third.
  for (uint32_t round = 1; filled < table_size; ++round) {
    for (Filler& filler : fillers) {
      if (filled == table_size) break;
      if (round * filler.weight < filler.target) continue;
      filler.target += heaviest;
      while (table_[filler.preferred(table_size)] != kFree) ++filler.next;
      table_[filler.preferred(table_size)] = filler.host;
      ++filler.next;
      ++filled;
    }
  }
}

}  // namespace gnomon::proxy
