#include "proxy/host_group.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gnomon::proxy {
namespace {

constexpr uint32_t kPercent = 100;

double unit(Rng& rng) noexcept { return static_cast<double>(rng.next() >> 11) * 0x1p-53; }

}  // namespace

double slow_start_factor(const routing::SlowStart& slow_start, Duration age) {
  if (age >= slow_start.window) return 1;
  const double share =
      to_seconds(std::max<Duration>(age, Millis(1))) / to_seconds(slow_start.window);
  const double grown =
      slow_start.aggression == 1.0 ? share : std::pow(share, 1.0 / slow_start.aggression);
  return std::max(grown, slow_start.min_weight);
}

void HostGroup::assign(std::vector<BalancedHost> hosts, routing::Balance balance,
                       const routing::BalanceOptions& options, TimePoint now, Rng& rng) {
  const bool first = total_ == 0;
  const auto before = std::exchange(hosts_, {});
  const bool same_rules = balance == balance_ && options == options_;
  balance_ = balance;
  options_ = options;
  total_ = hosts.size();
  const auto healthy = static_cast<size_t>(std::ranges::count_if(hosts, &BalancedHost::healthy));
  panic_ = healthy * kPercent < options.panic_percent * total_;
  if (!panic_) std::erase_if(hosts, [](const BalancedHost& host) { return !host.healthy; });
  hosts_ = std::move(hosts);
  if (hosts_.empty()) return;
  // Workers start at different hosts, so that N workers do not all begin with the first.
  if (first) next_ = rng.below(static_cast<uint32_t>(hosts_.size()));
  const bool same_keys = std::ranges::equal(hosts_, before, [](const auto& a, const auto& b) {
    return a.key == b.key && a.weight == b.weight;
  });
  if (!same_rules || !same_keys) build_tables();
  build_schedule(now, rng);
}

void HostGroup::build_tables() {
  ring_ = RingHash();
  maglev_ = Maglev();
  weight_to_.clear();
  if (balance_ == routing::Balance::ring_hash || balance_ == routing::Balance::maglev) {
    std::vector<WeightedKey> keys;
    keys.reserve(hosts_.size());
    for (const BalancedHost& host : hosts_) keys.push_back({host.key, host.weight});
    if (balance_ == routing::Balance::maglev) {
      maglev_ = Maglev(keys);
    } else {
      ring_ = RingHash(keys, options_.ring_min, options_.ring_max);
    }
    return;
  }
  const uint32_t weight = hosts_.front().weight;
  const bool equal =
      std::ranges::all_of(hosts_, [&](const BalancedHost& host) { return host.weight == weight; });
  if (balance_ != routing::Balance::random || equal) return;
  uint64_t sum = 0;
  for (const BalancedHost& host : hosts_) weight_to_.push_back(sum += host.weight);
}

// Turns by weight are needed only where weights differ, or differ for a while.
void HostGroup::build_schedule(TimePoint now, Rng& rng) {
  schedule_.clear();
  slow_until_ = TimePoint();
  if (balance_ != routing::Balance::round_robin && balance_ != routing::Balance::least_request) {
    return;
  }
  bool equal = true;
  for (const BalancedHost& host : hosts_) {
    equal &= host.weight == hosts_.front().weight;
    const TimePoint end = host.since + options_.slow_start.window;
    if (options_.slow_start.window > Millis::zero()) slow_until_ = std::max(slow_until_, end);
  }
  if (slow_until_ <= now) slow_until_ = TimePoint();
  if (hosts_.size() == 1 || (equal && slow_until_ == TimePoint())) return;
  for (uint32_t i = 0; i < hosts_.size(); ++i) schedule_.add(i, weight_at(i, now), unit(rng));
}

double HostGroup::weight_at(uint32_t index, TimePoint now) const {
  const BalancedHost& host = hosts_[index];
  double weight = host.weight;
  if (slow_until_ != TimePoint()) {
    weight *= slow_start_factor(options_.slow_start, now - host.since);
  }
  if (balance_ == routing::Balance::least_request && host.active != nullptr) {
    weight /= *host.active + 1;
  }
  return weight;
}

std::optional<uint32_t> HostGroup::pick(std::optional<uint64_t> hash, TimePoint now, Rng& rng) {
  if (hosts_.empty()) return std::nullopt;
  if (hosts_.size() == 1) return hosts_.front().id;
  if (slow_until_ != TimePoint() && now >= slow_until_) build_schedule(now, rng);
  return hosts_[pick_index(hash, now, rng)].id;
}

uint32_t HostGroup::pick_index(std::optional<uint64_t> hash, TimePoint now, Rng& rng) {
  if (!schedule_.empty()) {
    return schedule_.pick([&](uint32_t index) { return weight_at(index, now); });
  }
  switch (balance_) {
    case routing::Balance::round_robin:
      return static_cast<uint32_t>(++next_ % hosts_.size());
    case routing::Balance::random:
      return pick_random(rng);
    case routing::Balance::least_request:
      return pick_least_active(rng);
    case routing::Balance::ring_hash:
      return ring_.pick(hash ? *hash : rng.next());
    case routing::Balance::maglev:
      return maglev_.pick(hash ? *hash : rng.next());
  }
  return 0;
}

uint32_t HostGroup::pick_random(Rng& rng) const {
  if (weight_to_.empty()) return rng.below(static_cast<uint32_t>(hosts_.size()));
  const uint64_t draw = rng.next() % weight_to_.back();
  const auto at = std::ranges::upper_bound(weight_to_, draw);
  return static_cast<uint32_t>(at - weight_to_.begin());
}

// The best of a few drawn at random (Mitzenmacher 2001), as in Envoy.
uint32_t HostGroup::pick_least_active(Rng& rng) const {
  const auto count = static_cast<uint32_t>(hosts_.size());
  // Beyond a few times their number more draws change nothing.
  const uint64_t draws = std::min<uint64_t>(options_.choices, uint64_t{count} * 4);
  uint32_t best = rng.below(count);
  for (uint64_t i = 1; i < draws; ++i) {
    const uint32_t other = rng.below(count);
    if (*hosts_[other].active < *hosts_[best].active) best = other;
  }
  return best;
}

}  // namespace gnomon::proxy
