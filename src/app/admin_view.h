// What the admin API sees of the gateway. Called on the admin thread; reads counters and published
// values, never a worker's own state.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "admin/source.h"
#include "app/reload_state.h"
#include "app/worker.h"
#include "proxy/cluster.h"

namespace gnomon::app {

class AdminView final : public admin::AdminSource {
 public:
  // `ask_reload` is thread-safe.
  AdminView(const Clock& clock, const ReloadState& reloads, const admin::HealthView& health,
            trial::TrialBook& trials, std::function<void(admin::ReloadDone)> ask_reload)
      : reloads_(reloads),
        health_(health),
        trials_(trials),
        ask_reload_(std::move(ask_reload)),
        started_(clock.wall()) {}

  // From the control thread, before the admin thread starts; workers outlive it.
  void add_worker(const Worker& worker);
  // From the control thread.
  void set_readiness(admin::Readiness readiness) noexcept { readiness_.store(readiness); }
  void set_book(proxy::AddressBookPtr book);

  std::vector<admin::WorkerView> workers() const override { return workers_; }
  admin::HealthView health() const override { return health_; }
  trial::TrialBook& trials() const override { return trials_; }
  admin::Readiness readiness() const override { return readiness_.load(); }
  WallTime start_time() const override { return started_; }
  std::string_view version() const override { return GNOMON_VERSION; }
  admin::ReloadReport last_reload() const override;
  std::string config_dump_json() const override;
  std::string clusters_text() const override;
  std::string clusters_json() const override;
  void reload(admin::ReloadDone done) override { ask_reload_(std::move(done)); }

 private:
  struct ClusterReport;
  std::vector<ClusterReport> clusters() const;

  const ReloadState& reloads_;
  const admin::HealthView health_;
  trial::TrialBook& trials_;
  const std::function<void(admin::ReloadDone)> ask_reload_;
  const WallTime started_;
  std::vector<admin::WorkerView> workers_;
  std::atomic<admin::Readiness> readiness_{admin::Readiness::initializing};
  mutable std::mutex book_mutex_;
  proxy::AddressBookPtr book_ = std::make_shared<proxy::AddressBook>();
};

}  // namespace gnomon::app
