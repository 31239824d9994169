// Which hosts of an upstream are well, as all workers know it: what health checks found, and which
// hosts outlier detection has ejected. The live side and the shadow side of an upstream have one
// each, so that nothing a copy meets with is held against a live host.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/registry.h"
#include "base/rng.h"
#include "routing/plan.h"

namespace gnomon::proxy {

enum class Ejection : uint8_t {
  consecutive_5xx,
  consecutive_gateway_failure,
  consecutive_local_origin_failure,
  success_rate,
  local_origin_success_rate,
};
constexpr std::array<const char*, 5> kEjectionNames = {
    "consecutive_5xx", "consecutive_gateway_failure", "consecutive_local_origin_failure",
    "success_rate", "local_origin_success_rate"};

// One host. Counts are written by all workers.
class HostHealth {
 public:
  explicit HostHealth(bool failed_check) : failed_check_(failed_check) {}

  bool usable() const noexcept { return !failed_check() && !ejected(); }
  bool failed_check() const noexcept { return failed_check_.load(std::memory_order_relaxed); }
  bool ejected() const noexcept { return ejected_.load(std::memory_order_relaxed); }

 private:
  friend class UpstreamHealth;

  // Attempts since the last sweep.
  struct Window {
    std::atomic<uint64_t> total{0};
    std::atomic<uint64_t> good{0};
    void count(bool success) noexcept {
      total.fetch_add(1, std::memory_order_relaxed);
      if (success) good.fetch_add(1, std::memory_order_relaxed);
    }
  };

  std::atomic<bool> failed_check_;
  std::atomic<bool> ejected_{false};
  std::atomic<uint32_t> consecutive_5xx_{0};
  std::atomic<uint32_t> consecutive_gateway_{0};
  std::atomic<uint32_t> consecutive_local_{0};
  Window answers_;
  Window connects_;
  // Of ejections, under the upstream's mutex.
  uint32_t backoff_ = 0;
  TimePoint ejected_at_{};
  std::optional<TimePoint> returned_at_;
};

struct HealthTotals {
  uint64_t hosts = 0;
  uint64_t healthy = 0;
  uint64_t ejected = 0;
  uint64_t checks_good = 0;
  uint64_t checks_failed = 0;
  std::array<uint64_t, kEjectionNames.size()> ejections{};
  uint64_t ejections_refused = 0;  // by maxEjectionPercent
};

class UpstreamHealth {
 public:
  // ---- From the control thread.

  // `checked`: hosts have to pass a check before they count as healthy.
  void configure(bool checked, const std::optional<routing::OutlierDetection>& outliers);
  // The hosts there are; others are forgotten.
  void set_hosts(const std::vector<std::string>& addresses);
  // The state that a health check leads to.
  void set_check(const std::string& address, bool healthy);
  // One check has ended. A good one brings back a host that was ejected.
  void count_check(const std::string& address, bool good, TimePoint now);
  // Every OutlierDetection::interval: looks at success rates, and brings back whose time is over.
  void sweep(TimePoint now, Rng& rng);

  // ---- From any thread.

  // A host that is not known gets a record of its own, which nobody else sees.
  std::shared_ptr<HostHealth> host(const std::string& address);
  // Changes whenever some host's usable() may have.
  uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  // Some connection has been asked for.
  void mark_used() noexcept {
    if (!used()) used_.store(true, std::memory_order_relaxed);
  }
  bool used() const noexcept { return used_.load(std::memory_order_relaxed); }

  // An answer came; `status` stands in for what had none.
  void on_status(HostHealth& host, uint16_t status, const routing::OutlierDetection& rules,
                 TimePoint now, Rng& rng);
  // A connection was had, or not.
  void on_connect(HostHealth& host, bool good, const routing::OutlierDetection& rules,
                  TimePoint now, Rng& rng);

  HealthTotals totals() const;
  template <typename Visit>
  void for_each_host(Visit&& visit) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [address, host] : hosts_) visit(address, *host);
  }

 private:
  // With the mutex held.
  void eject(HostHealth& host, Ejection why, const routing::OutlierDetection& rules, TimePoint now,
             Rng& rng);
  void bring_back(HostHealth& host, TimePoint now);
  void eject_by_rate(HostHealth::Window HostHealth::* window, Ejection why, TimePoint now,
                     Rng& rng);
  size_t ejected_now() const;
  void changed() noexcept { version_.fetch_add(1, std::memory_order_release); }
  void eject_for(HostHealth& host, std::atomic<uint32_t>& count, Ejection why,
                 const routing::OutlierDetection& rules, TimePoint now, Rng& rng);

  mutable std::mutex mutex_;  // guards what is not atomic
  std::map<std::string, std::shared_ptr<HostHealth>, std::less<>> hosts_;
  std::optional<routing::OutlierDetection> outliers_;
  bool checked_ = false;
  HealthTotals counts_;
  std::atomic<uint64_t> version_{0};
  std::atomic<bool> used_{false};
};

using HealthRegistry = Registry<UpstreamHealth>;

}  // namespace gnomon::proxy
