// The process: loads the configuration, runs the workers, reloads, drains. Lives on the main
// thread, which is the control thread: signals, file changes, DNS and reloads happen here, never on
// a worker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/server.h"
#include "app/access_files.h"
#include "app/admin_view.h"
#include "app/dns_book.h"
#include "app/file_watcher.h"
#include "app/health_monitor.h"
#include "app/limit_book.h"
#include "app/listener_plan.h"
#include "app/options.h"
#include "app/reload_state.h"
#include "app/signals.h"
#include "app/worker.h"
#include "config/load_cache.h"
#include "proxy/access_log.h"
#include "routing/snapshot_builder.h"
#include "trial/compare_pool.h"
#include "trial/trial_book.h"

namespace gnomon::app {

class Gateway {
 public:
  // `options` is complete: workers is not 0.
  Gateway(const Clock& clock, Log& log, const Options& options);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Serves until told to stop. Returns the exit code: 0 after a drain, 2 when the configuration is
  // bad, 1 when something else prevents the start.
  int run();

 private:
  using ReloadDone = admin::ReloadDone;

  void begin();
  // Calls `ready` once names are resolved and new hosts have been asked how they are.
  void prepare(const routing::SnapshotPtr& snapshot, std::function<void()> ready);
  void start_workers(const routing::SnapshotPtr& snapshot, std::vector<BoundListener> listeners);
  std::expected<void, std::string> equip(const routing::Snapshot& snapshot,
                                         std::vector<BoundListener>& listeners);
  bool open_admin();
  bool open_api();
  // Why the files are read again. For a file change alone nothing happens when they say what they
  // said before.
  enum class Cause : uint8_t { file_change, asked_for };
  void reload(Cause cause, std::string_view by, ReloadDone done);
  // Loads, and keeps in mind which files a change of calls for a reload.
  routing::Loaded load();
  void watch_other_files();
  void publish(const routing::SnapshotPtr& snapshot, const std::vector<BoundListener>& listeners,
               std::string problems, const ReloadDone& done);
  void finish_reload(bool successful, const routing::SnapshotPtr& snapshot, std::string problems,
                     const ReloadDone& done);
  void next_reload();
  void judge_trials();
  std::vector<const shadow::ShadowRegistry*> shadow_counters() const;
  void stop();
  void check_stopped();
  void quit(int exit_code);

  const Clock& clock_;
  Log& log_;
  const Options& options_;
  net::EpollPoller poller_;
  net::EventLoop loop_;
  Signals signals_;
  WorkerShared shared_;
  trial::TrialBook trials_;
  trial::ComparePool comparers_;
  ReloadState reload_state_;
  AdminView admin_view_;
  bool draining_ = false;
  config::LoadCache load_cache_;
  ListenerPlan listener_plan_;
  LimitBook limit_book_;
  std::unique_ptr<proxy::AccessLog> access_log_;
  AccessFiles access_files_;  // before the workers that write to them
  std::vector<std::unique_ptr<Worker>> workers_;
  HealthMonitor health_;
  std::unique_ptr<DnsBook> dns_;
  std::unique_ptr<FileWatcher> watcher_;
  std::unique_ptr<admin::AdminServer> admin_;  // before the workers it looks at are gone
  std::unique_ptr<admin::AdminServer> api_;    // of other machines; null: there is none

  bool reloading_ = false;
  std::vector<ReloadDone> waiting_reloads_;
  Cause waiting_cause_ = Cause::file_change;
  // Files that the configuration names, and the hashes of what they said.
  std::map<std::string, size_t> other_files_;
  net::Timer ticket_timer_;
  net::Timer trial_timer_;
  net::Timer stop_timer_;
  int exit_code_ = 0;
};

}  // namespace gnomon::app
