#include "app/health_monitor.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gnomon::app {
namespace {

constexpr Millis kWaitForFirst{5'000};

const char* reason_of(proxy::ProbeResult result) noexcept {
  return result == proxy::ProbeResult::bad ? "not the expected answer" : "no answer";
}

std::string_view identity_of(const tls::ClientContextPtr& context) {
  return context == nullptr ? std::string_view() : std::string_view(context->identity());
}

std::vector<std::string_view> server_names(const routing::Cluster& cluster) {
  std::vector<std::string_view> out;
  out.reserve(cluster.endpoints.size());
  for (const routing::Endpoint& endpoint : cluster.endpoints) out.push_back(endpoint.server_name);
  return out;
}

// TLS as well: probes keep what they began with.
bool same_checks(const routing::Cluster& a, const routing::Cluster& b) {
  return a.health_check == b.health_check &&
         a.connection.proxy_protocol == b.connection.proxy_protocol &&
         identity_of(a.tls) == identity_of(b.tls) &&
         (a.tls == nullptr || server_names(a) == server_names(b));
}

}  // namespace

HealthMonitor::HealthMonitor(net::EventLoop& loop, Log& log, const http::ClientSettings& settings,
                             proxy::HealthRegistry& live, proxy::HealthRegistry& shadow)
    : loop_(loop),
      log_(log),
      settings_(settings),
      live_(live),
      shadow_(shadow),
      network_(loop),
      rng_(system_seed()),
      ready_timer_(loop.timers(), [this] {
        if (auto ready = std::exchange(ready_, nullptr)) ready();
      }) {}

void HealthMonitor::want(routing::SnapshotPtr snapshot, proxy::AddressBookPtr book,
                         std::function<void()> ready) {
  snapshot_ = std::move(snapshot);
  book_ = std::move(book);
  ready_ = std::move(ready);
  ready_timer_.arm(kWaitForFirst);
  update();
  check_ready();
}

void HealthMonitor::resolve(proxy::AddressBookPtr book) {
  book_ = std::move(book);
  if (snapshot_ != nullptr) update();
}

std::vector<proxy::UpstreamHealth*> HealthMonitor::Records::used() const {
  std::vector<proxy::UpstreamHealth*> out;
  if (live != nullptr) out.push_back(live.get());
  if (shadow != nullptr) out.push_back(shadow.get());
  return out;
}

void HealthMonitor::update() {
  RecordMap wanted = records_of(*snapshot_);
  forget_all_but(wanted);
  // Until every checker has its own, some refer to records of before.
  const RecordMap before = std::exchange(records_, std::move(wanted));
  for (const routing::Cluster& cluster : snapshot_->clusters()) {
    const auto hosts = proxy::resolve_endpoints(cluster, *book_);
    std::vector<proxy::UpstreamHealth*> records = records_.at(cluster.name).used();
    for (proxy::UpstreamHealth* record : records) update_record(*record, cluster, hosts);
    if (cluster.health_check && !records.empty()) {
      update_checker(cluster, std::move(records), hosts);
    } else {
      checkers_.erase(cluster.name);
    }
  }
}

HealthMonitor::RecordMap HealthMonitor::records_of(const routing::Snapshot& snapshot) {
  RecordMap out;
  for (const routing::Cluster& cluster : snapshot.clusters()) {
    Records& records = out[cluster.name];
    if (cluster.primary) records.live = live_.get(cluster.name);
    if (cluster.shadow) records.shadow = shadow_.get(cluster.name);
  }
  return out;
}

// Workers may go on with what the configuration does not name any more, without checks.
void HealthMonitor::forget_all_but(const RecordMap& wanted) {
  std::set<const proxy::UpstreamHealth*> used;
  for (const auto& [name, records] : wanted) {
    for (const proxy::UpstreamHealth* record : records.used()) used.insert(record);
  }
  std::erase_if(checkers_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  std::erase_if(sweeps_, [&](const auto& entry) { return !used.contains(entry.first); });
  for (const auto& [name, records] : records_) {
    for (proxy::UpstreamHealth* record : records.used()) {
      if (used.contains(record)) continue;
      record->set_hosts({});
      record->configure(false, std::nullopt);
    }
  }
}

void HealthMonitor::update_record(proxy::UpstreamHealth& record, const routing::Cluster& cluster,
                                  const std::vector<proxy::ResolvedEndpoint>& hosts) {
  std::vector<std::string> addresses;
  addresses.reserve(hosts.size());
  for (const proxy::ResolvedEndpoint& host : hosts) addresses.push_back(host.address.to_string());
  record.configure(cluster.health_check.has_value(), cluster.outliers);
  record.set_hosts(addresses);
  if (!cluster.outliers) {
    sweeps_.erase(&record);
    return;
  }
  Sweep& sweep = sweeps_[&record];
  if (sweep.timer != nullptr && sweep.interval == cluster.outliers->interval) return;
  sweep.interval = cluster.outliers->interval;
  sweep.timer = std::make_unique<net::Timer>(loop_.timers(), [this, &record, &sweep] {
    record.sweep(loop_.now(), rng_);
    sweep.timer->arm(sweep.interval);
  });
  sweep.timer->arm(sweep.interval);
}

void HealthMonitor::update_checker(const routing::Cluster& cluster,
                                   std::vector<proxy::UpstreamHealth*> records,
                                   const std::vector<proxy::ResolvedEndpoint>& hosts) {
  const net::Lane lane = cluster.primary ? net::Lane::live : net::Lane::background;
  Checker& entry = checkers_[cluster.name];
  const bool same = entry.checker != nullptr && same_checks(entry.checker->cluster(), cluster) &&
                    entry.records == records && entry.lane == lane;
  if (!same) {
    const proxy::ProbeContext context{loop_, network_, read_buffer_, settings_, lane};
    entry.checker = std::make_unique<proxy::HealthChecker>(
        context, rng_, cluster, records,
        [this](const proxy::HealthEvent& event) { on_event(event); });
    entry.checker->on_first_check([this] { check_ready(); });
    entry.records = std::move(records);
    entry.lane = lane;
  }
  entry.checker->set_hosts(hosts);
}

void HealthMonitor::on_event(const proxy::HealthEvent& event) {
  if (event.healthy && event.changed) {
    return log_.info("host is healthy", {{"upstream", std::string(event.upstream)},
                                         {"host", std::string(event.address)}});
  }
  log_.warn(event.changed ? "host is unhealthy" : "health check failed",
            {{"upstream", std::string(event.upstream)},
             {"host", std::string(event.address)},
             {"reason", reason_of(event.result)}});
}

void HealthMonitor::check_ready() {
  if (ready_ == nullptr) return;
  // Nobody waits for a shadow.
  const bool open = std::ranges::any_of(checkers_, [](const auto& entry) {
    return entry.second.lane == net::Lane::live && entry.second.checker->unknown() > 0;
  });
  if (open) return;
  ready_timer_.cancel();
  std::exchange(ready_, nullptr)();
}

}  // namespace gnomon::app
