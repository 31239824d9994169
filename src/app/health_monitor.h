// Keeps what is known of all hosts up to date: runs the health checks and the sweeps of outlier
// detection of all upstreams. Lives on the control thread, once for all workers, who read the
// result.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "net/tcp.h"
#include "proxy/health_checker.h"
#include "routing/snapshot.h"

namespace gnomon::app {

class HealthMonitor {
 public:
  HealthMonitor(net::EventLoop& loop, Log& log, const http::ClientSettings& settings,
                proxy::HealthRegistry& live, proxy::HealthRegistry& shadow);

  // Sets which hosts there are. `ready` is called once all hosts of live requests have been asked
  // at least once, or after a few seconds; at once when there is nothing to wait for. Checks that
  // stay the same go on as if nothing had happened.
  void want(routing::SnapshotPtr snapshot, proxy::AddressBookPtr book, std::function<void()> ready);
  // Names have other addresses.
  void resolve(proxy::AddressBookPtr book);

 private:
  // Outlier detection of one side of an upstream.
  struct Sweep {
    std::unique_ptr<net::Timer> timer;
    Millis interval{0};
  };

  // The records of an upstream, by the side that uses it. Held while the configuration names it;
  // workers hold them too, as long as a request may still go there.
  struct Records {
    std::shared_ptr<proxy::UpstreamHealth> live;
    std::shared_ptr<proxy::UpstreamHealth> shadow;
    std::vector<proxy::UpstreamHealth*> used() const;
  };
  using RecordMap = std::map<std::string, Records>;

  void update();
  void update_record(proxy::UpstreamHealth& record, const routing::Cluster& cluster,
                     const std::vector<proxy::ResolvedEndpoint>& hosts);
  void update_checker(const routing::Cluster& cluster, std::vector<proxy::UpstreamHealth*> records,
                      const std::vector<proxy::ResolvedEndpoint>& hosts);
  RecordMap records_of(const routing::Snapshot& snapshot);
  void forget_all_but(const RecordMap& wanted);
  void on_event(const proxy::HealthEvent& event);
  void check_ready();

  net::EventLoop& loop_;
  Log& log_;
  const http::ClientSettings& settings_;
  proxy::HealthRegistry& live_;
  proxy::HealthRegistry& shadow_;
  net::TcpNetwork network_;
  http::ReadBuffer read_buffer_;
  Rng rng_;
  routing::SnapshotPtr snapshot_;
  proxy::AddressBookPtr book_;
  struct Checker {
    std::unique_ptr<proxy::HealthChecker> checker;
    std::vector<proxy::UpstreamHealth*> records;
    net::Lane lane;
  };
  RecordMap records_;                        // before what refers to them; by upstream
  std::map<std::string, Checker> checkers_;  // by upstream
  std::map<proxy::UpstreamHealth*, Sweep> sweeps_;
  std::function<void()> ready_;
  net::Timer ready_timer_;
};

}  // namespace gnomon::app
