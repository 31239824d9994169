// What the admin API asks of the process it belongs to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/registry.h"
#include "proxy/stats.h"
#include "proxy/upstream_health.h"
#include "shadow/shadow_stats.h"
#include "trial/trial_book.h"

namespace gnomon::admin {

enum class Readiness : uint8_t { initializing, live, draining };

// Counters of one worker; all outlive the admin server.
struct WorkerView {
  const proxy::WorkerStats* live = nullptr;
  const Registry<proxy::ClusterStats>* shadow_clusters = nullptr;
  const shadow::ShadowRegistry* shadows = nullptr;
};

// Of the hosts of all upstreams, by the side that uses them.
struct HealthView {
  const proxy::HealthRegistry* live = nullptr;
  const proxy::HealthRegistry* shadow = nullptr;
};

struct ReloadReport {
  bool successful = true;
  WallTime at{};            // of the last attempt; the epoch when there was none
  uint64_t generation = 0;  // of the configuration being served; 0 = none yet
};

// Called once, from any thread. `problems` is for people: what `gnomon check` prints, or empty.
using ReloadDone = std::function<void(bool successful, std::string problems)>;

// Called on the admin thread; must not wait for workers.
class AdminSource {
 public:
  // Empty until there are workers.
  virtual std::vector<WorkerView> workers() const = 0;
  virtual HealthView health() const = 0;
  virtual trial::TrialBook& trials() const = 0;
  virtual Readiness readiness() const = 0;
  virtual WallTime start_time() const = 0;
  virtual std::string_view version() const = 0;
  virtual ReloadReport last_reload() const = 0;
  virtual std::string config_dump_json() const = 0;
  virtual std::string clusters_text() const = 0;
  virtual std::string clusters_json() const = 0;
  // Reads the configuration again on the control thread. `done` may be called after the admin
  // server has stopped; it is harmless then.
  virtual void reload(ReloadDone done) = 0;

 protected:
  ~AdminSource() = default;
};

}  // namespace gnomon::admin
