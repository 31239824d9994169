// Asks all hosts of one upstream how they are, and writes down what it learns. There is one for all
// workers, on a loop of its own; workers only read the result. The rules are Envoy's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "proxy/endpoints.h"
#include "proxy/health_probe.h"
#include "proxy/upstream_health.h"

namespace gnomon::proxy {

struct HealthEvent {
  std::string_view upstream;
  std::string_view address;
  bool healthy;  // the host, now
  bool changed;  // else: one more failure, which the configuration wants to hear of
  ProbeResult result;
};

class HealthChecker {
 public:
  using OnEvent = std::function<void(const HealthEvent&)>;

  // `cluster` has a health check. `records` are those of the upstream's sides that are in use.
  HealthChecker(const ProbeContext& context, Rng& rng, const routing::Cluster& cluster,
                std::vector<UpstreamHealth*> records, OnEvent on_event);
  ~HealthChecker();
  HealthChecker(const HealthChecker&) = delete;
  HealthChecker& operator=(const HealthChecker&) = delete;

  // Hosts that stay keep their state; new ones are asked soon. Their endpoints must not outlive the
  // call.
  void set_hosts(const std::vector<ResolvedEndpoint>& hosts);
  // Hosts that have not been asked to the end yet.
  size_t unknown() const noexcept;
  // Called when unknown() has become less.
  void on_first_check(std::function<void()> told) { told_ = std::move(told); }

  const routing::Cluster& cluster() const noexcept { return cluster_; }

 private:
  class Session;

  bool used() const noexcept;
  Millis jittered(Millis base, Millis jitter, uint32_t percent);

  const ProbeContext context_;
  Rng& rng_;
  const routing::Cluster cluster_;
  const std::vector<UpstreamHealth*> records_;
  const OnEvent on_event_;
  std::function<void()> told_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;  // by address
};

}  // namespace gnomon::proxy
