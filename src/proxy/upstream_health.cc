#include "proxy/upstream_health.h"

#include <algorithm>
#include <cmath>

namespace gnomon::proxy {
namespace {

constexpr uint32_t kPercent = 100;
constexpr double kStdevUnit = 1000;

uint32_t enforcing(const routing::OutlierDetection& rules, Ejection why) noexcept {
  switch (why) {
    case Ejection::consecutive_5xx:
      return rules.enforcing_consecutive_5xx;
    case Ejection::consecutive_gateway_failure:
      return rules.enforcing_consecutive_gateway_failure;
    case Ejection::consecutive_local_origin_failure:
      return rules.enforcing_consecutive_local_failure;
    case Ejection::success_rate:
      return rules.enforcing_success_rate;
    case Ejection::local_origin_success_rate:
      return rules.enforcing_local_success_rate;
  }
  return 0;
}

}  // namespace

void UpstreamHealth::configure(bool checked,
                               const std::optional<routing::OutlierDetection>& outliers) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (checked_ && !checked) {
    for (const auto& [address, host] : hosts_) host->failed_check_.store(false);
    changed();
  }
  checked_ = checked;
  if (outliers_ && !outliers) {
    for (const auto& [address, host] : hosts_) host->ejected_.store(false);
    changed();
  }
  outliers_ = outliers;
}

void UpstreamHealth::set_hosts(const std::vector<std::string>& addresses) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::map<std::string, std::shared_ptr<HostHealth>, std::less<>> next;
  for (const std::string& address : addresses) {
    const auto known = hosts_.find(address);
    next.emplace(address,
                 known != hosts_.end() ? known->second : std::make_shared<HostHealth>(checked_));
  }
  if (next == hosts_) return;
  hosts_ = std::move(next);
  changed();
}

std::shared_ptr<HostHealth> UpstreamHealth::host(const std::string& address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = hosts_.find(address);
  return known != hosts_.end() ? known->second : std::make_shared<HostHealth>(checked_);
}

void UpstreamHealth::set_check(const std::string& address, bool healthy) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = hosts_.find(address);
  if (known == hosts_.end() || known->second->failed_check() == !healthy) return;
  known->second->failed_check_.store(!healthy, std::memory_order_relaxed);
  changed();
}

void UpstreamHealth::count_check(const std::string& address, bool good, TimePoint now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++(good ? counts_.checks_good : counts_.checks_failed);
  const auto known = hosts_.find(address);
  if (!good || known == hosts_.end()) return;
  HostHealth& host = *known->second;
  if (host.ejected() && !host.failed_check()) bring_back(host, now);
}

void UpstreamHealth::on_status(HostHealth& host, uint16_t status,
                               const routing::OutlierDetection& rules, TimePoint now, Rng& rng) {
  const bool failed = status >= 500 && status < 600;
  host.answers_.count(!failed);
  if (!failed) {
    host.consecutive_5xx_.store(0, std::memory_order_relaxed);
    host.consecutive_gateway_.store(0, std::memory_order_relaxed);
    return;
  }
  if (status < 502 || status > 504) {
    host.consecutive_gateway_.store(0, std::memory_order_relaxed);
  } else if (host.consecutive_gateway_.fetch_add(1, std::memory_order_relaxed) + 1 ==
             rules.consecutive_gateway_failure) {
    eject_for(host, host.consecutive_gateway_, Ejection::consecutive_gateway_failure, rules, now,
              rng);
  }
  if (host.consecutive_5xx_.fetch_add(1, std::memory_order_relaxed) + 1 == rules.consecutive_5xx) {
    eject_for(host, host.consecutive_5xx_, Ejection::consecutive_5xx, rules, now, rng);
  }
}

void UpstreamHealth::on_connect(HostHealth& host, bool good, const routing::OutlierDetection& rules,
                                TimePoint now, Rng& rng) {
  host.connects_.count(good);
  if (good) {
    host.consecutive_local_.store(0, std::memory_order_relaxed);
  } else if (host.consecutive_local_.fetch_add(1, std::memory_order_relaxed) + 1 ==
             rules.consecutive_local_failure) {
    eject_for(host, host.consecutive_local_, Ejection::consecutive_local_origin_failure, rules, now,
              rng);
  }
}

// A count that has reached its limit begins anew, so that the next bout is noticed as well.
void UpstreamHealth::eject_for(HostHealth& host, std::atomic<uint32_t>& count, Ejection why,
                               const routing::OutlierDetection& rules, TimePoint now, Rng& rng) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (host.ejected()) return;
  eject(host, why, rules, now, rng);
  count.store(0, std::memory_order_relaxed);
}

size_t UpstreamHealth::ejected_now() const {
  return static_cast<size_t>(
      std::ranges::count_if(hosts_, [](const auto& entry) { return entry.second->ejected(); }));
}

void UpstreamHealth::eject(HostHealth& host, Ejection why, const routing::OutlierDetection& rules,
                           TimePoint now, Rng& rng) {
  if ((ejected_now() + 1) * kPercent > rules.max_ejection_percent * hosts_.size()) {
    ++counts_.ejections_refused;
    return;
  }
  if (rng.below(kPercent) >= enforcing(rules, why)) return;
  ++counts_.ejections[static_cast<size_t>(why)];
  host.ejected_at_ = now;
  if (host.backoff_ * rules.base_ejection < rules.max_ejection + rules.base_ejection) {
    ++host.backoff_;
  }
  host.ejected_.store(true, std::memory_order_relaxed);
  changed();
}

void UpstreamHealth::bring_back(HostHealth& host, TimePoint now) {
  host.consecutive_5xx_.store(0, std::memory_order_relaxed);
  host.consecutive_gateway_.store(0, std::memory_order_relaxed);
  host.consecutive_local_.store(0, std::memory_order_relaxed);
  host.returned_at_ = now;
  host.ejected_.store(false, std::memory_order_relaxed);
  changed();
}

void UpstreamHealth::sweep(TimePoint now, Rng& rng) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!outliers_) return;
  const routing::OutlierDetection& rules = *outliers_;
  for (const auto& [address, host] : hosts_) {
    if (!host->ejected()) continue;
    const Millis out = std::min(rules.base_ejection * host->backoff_, rules.max_ejection);
    if (now - host->ejected_at_ >= out) bring_back(*host, now);
  }
  eject_by_rate(&HostHealth::answers_, Ejection::success_rate, now, rng);
  eject_by_rate(&HostHealth::connects_, Ejection::local_origin_success_rate, now, rng);
  // Whoever has been well for an interval gets shorter ejections again.
  for (const auto& [address, host] : hosts_) {
    if (host->ejected() || !host->returned_at_ || host->backoff_ == 0) continue;
    if (now - *host->returned_at_ >= rules.interval) --host->backoff_;
  }
}

// Those whose share of good attempts is too many standard deviations below the average.
void UpstreamHealth::eject_by_rate(HostHealth::Window HostHealth::* window, Ejection why,
                                   TimePoint now, Rng& rng) {
  const routing::OutlierDetection& rules = *outliers_;
  std::vector<std::pair<HostHealth*, double>> rates;
  double sum = 0;
  for (const auto& [address, host] : hosts_) {
    const uint64_t total = (*host.*window).total.exchange(0, std::memory_order_relaxed);
    const uint64_t good = (*host.*window).good.exchange(0, std::memory_order_relaxed);
    if (host->ejected() || total == 0 || total < rules.success_rate_requests_min) continue;
    rates.emplace_back(host.get(),
                       kPercent * static_cast<double>(good) / static_cast<double>(total));
    sum += rates.back().second;
  }
  if (rates.empty() || rates.size() < rules.success_rate_hosts_min) return;
  const double mean = sum / static_cast<double>(rates.size());
  double variance = 0;
  for (const auto& [host, rate] : rates) variance += (rate - mean) * (rate - mean);
  const double deviation = std::sqrt(variance / static_cast<double>(rates.size()));
  const double threshold = mean - deviation * rules.success_rate_stdev_factor / kStdevUnit;
  for (const auto& [host, rate] : rates) {
    if (rate < threshold) eject(*host, why, rules, now, rng);
  }
}

HealthTotals UpstreamHealth::totals() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  HealthTotals totals = counts_;
  totals.hosts = hosts_.size();
  for (const auto& [address, host] : hosts_) {
    totals.healthy += host->usable() ? 1 : 0;
    totals.ejected += host->ejected() ? 1 : 0;
  }
  return totals;
}

}  // namespace gnomon::proxy
