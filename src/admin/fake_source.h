// For tests: a process with two workers.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/source.h"

namespace gnomon::admin::testing {

class FakeSource final : public AdminSource {
 public:
  struct Worker {
    proxy::WorkerStats live;
    Registry<proxy::ClusterStats> shadow_clusters;
    shadow::ShadowRegistry shadows;
  };

  std::vector<WorkerView> workers() const override {
    std::vector<WorkerView> views;
    views.reserve(all.size());
    for (const Worker& worker : all) {
      views.push_back({&worker.live, &worker.shadow_clusters, &worker.shadows});
    }
    return views;
  }
  trial::TrialBook& trials() const override { return book; }
  HealthView health() const override { return {&live_health, &shadow_health}; }
  Readiness readiness() const override { return ready; }
  WallTime start_time() const override { return started; }
  std::string_view version() const override { return "1.2.3"; }
  ReloadReport last_reload() const override { return report; }
  std::string config_dump_json() const override { return dump; }
  std::string clusters_text() const override { return "petstore_gloo-system::10.0.0.1:80\n"; }
  std::string clusters_json() const override { return "{\"clusters\":[]}\n"; }
  void reload(ReloadDone done) override { on_reload(std::move(done)); }

  // The set of that name, held as long as the source.
  template <typename T>
  T& named(Registry<T>& registry, std::string_view name) {
    auto set = registry.get(name);
    T& out = *set;
    held_.push_back(std::move(set));
    return out;
  }

  std::array<Worker, 2> all;
  ManualClock clock;
  mutable Log log{clock, LogFormat::text, LogLevel::error};
  mutable trial::TrialBook book{{}, clock, log};
  proxy::HealthRegistry live_health;
  proxy::HealthRegistry shadow_health;
  Readiness ready = Readiness::live;
  WallTime started{};
  ReloadReport report;
  std::string dump = "{}\n";
  std::function<void(ReloadDone)> on_reload = [](const ReloadDone& done) { done(true, ""); };

 private:
  std::vector<std::shared_ptr<void>> held_;
};

}  // namespace gnomon::admin::testing
