// What one worker keeps of one listener while configurations come and go: limits that all workers
// share, and where lines of its access logs go.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/token_bucket.h"
#include "http/server.h"
#include "proxy/access_log.h"
#include "routing/snapshot.h"

namespace gnomon::proxy {

// Shared by all workers, and kept over reloads that do not change them.
struct ListenerLimits {
  std::shared_ptr<std::atomic<uint32_t>> connections;  // open at the address
  std::shared_ptr<TokenBucket> connection_rate;        // null: no limit
  std::shared_ptr<TokenBucket> request_rate;           // null: none, or one per connection
};

// An access log of the listener, in the order of its plan. Holding the log keeps it open.
struct AccessOutlet {
  std::shared_ptr<AccessLog> log;
  AccessLog::Outlet* queue = nullptr;  // this worker's
};

// The settings of a snapshot's listener; the defaults for one that it does not have.
const routing::ListenerSettings& listener_settings(const routing::Snapshot& snapshot,
                                                   size_t listener) noexcept;

class ListenerState {
 public:
  explicit ListenerState(size_t index) noexcept : index_(index) {}

  struct Installed {
    routing::SnapshotPtr snapshot;
    size_t index = 0;
    uint16_t port = 0;  // really bound
    ListenerLimits limits;
    std::vector<AccessOutlet> outlets;  // one for each of the listener's access logs
  };
  void install(Installed installed);

  // A reload may move a listener to another index.
  size_t index() const noexcept { return index_; }
  uint16_t port() const noexcept { return port_; }
  const ListenerLimits& limits() const noexcept { return limits_; }
  bool draining() const noexcept { return draining_; }
  void set_draining() noexcept { draining_ = true; }

  // The bucket that a request of this connection takes from; null where there is no limit.
  TokenBucket* request_bucket(const routing::ListenerSettings& settings,
                              http::ConnectionScope& connection) const;

  bool logs() const noexcept { return !outlets_.empty(); }
  bool logs_responses() const noexcept { return logs_responses_; }
  // One line in each access log whose filter lets the exchange pass.
  void log(const StreamFacts& facts) noexcept;

 private:
  void append_line(const routing::AccessLogPlan& plan, const StreamFacts& facts);

  size_t index_;
  uint16_t port_ = 0;
  bool draining_ = false;
  bool logs_responses_ = false;
  routing::SnapshotPtr snapshot_;  // owns the plans that the lines follow
  ListenerLimits limits_;
  std::vector<AccessOutlet> outlets_;
  std::string line_;
};

}  // namespace gnomon::proxy
