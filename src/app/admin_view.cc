#include "app/admin_view.h"

#include <fmt/format.h>

#include <utility>

namespace gnomon::app {
namespace {

struct LegTotals {
  uint64_t requests = 0;
  uint64_t resets = 0;
  uint64_t timeouts = 0;
  uint64_t connect_failures = 0;
  int64_t requests_active = 0;
  int64_t connections_active = 0;

  void add(const proxy::ClusterStats& stats) noexcept {
    requests += stats.requests.value();
    resets += stats.resets.value();
    timeouts += stats.timeouts.value();
    connect_failures += stats.connect_failures.value();
    requests_active += stats.requests_active.value();
    connections_active += stats.connections_active.value();
  }
};

// As Envoy names them.
std::string health_flags(const proxy::HostHealth& host) {
  std::string flags;
  if (host.failed_check()) flags += "/failed_active_hc";
  if (host.ejected()) flags += "/failed_outlier_check";
  return flags.empty() ? "healthy" : flags;
}

// By upstream and address.
using HealthFlags = std::map<std::string, std::map<std::string, std::string>>;

HealthFlags collect_flags(const proxy::HealthRegistry& registry) {
  HealthFlags flags;
  registry.for_each([&](const std::string& name, const proxy::UpstreamHealth& upstream) {
    upstream.for_each_host([&](const std::string& address, const proxy::HostHealth& host) {
      flags[name].emplace(address, health_flags(host));
    });
  });
  return flags;
}

std::string leg_json(const char* name, const LegTotals& leg) {
  return fmt::format(R"("{}":{{"requests":{},"resets":{},"timeouts":{},"connect_failures":{},)"
                     R"("requests_active":{},"connections_active":{}}})",
                     name, leg.requests, leg.resets, leg.timeouts, leg.connect_failures,
                     leg.requests_active, leg.connections_active);
}

void append_leg_text(std::string& out, const std::string& cluster, const char* name,
                     const LegTotals& leg) {
  const auto line = [&](const char* key, auto value) {
    out += fmt::format("{}::{}::{}::{}\n", cluster, name, key, value);
  };
  line("rq_total", leg.requests);
  line("rq_reset", leg.resets);
  line("rq_timeout", leg.timeouts);
  line("rq_active", leg.requests_active);
  line("cx_active", leg.connections_active);
  line("cx_connect_fail", leg.connect_failures);
}

}  // namespace

struct AdminView::ClusterReport {
  std::string name;
  struct Host {
    std::string address;
    std::string primary;  // health flags; empty if that side does not use it
    std::string shadow;
  };
  std::vector<Host> hosts;
  LegTotals primary;
  LegTotals shadow;
};

void AdminView::add_worker(const Worker& worker) {
  workers_.push_back({&worker.stats(), &worker.shadow_cluster_stats(), &worker.shadow_stats()});
}

void AdminView::set_book(proxy::AddressBookPtr book) {
  const std::lock_guard<std::mutex> lock(book_mutex_);
  book_ = std::move(book);
}

admin::ReloadReport AdminView::last_reload() const {
  const ReloadStatus status = reloads_.get();
  return {status.successful, status.at, status.generation};
}

std::string AdminView::config_dump_json() const {
  const ReloadStatus status = reloads_.get();
  return status.snapshot != nullptr ? status.snapshot->to_json() : "{}";
}

std::vector<AdminView::ClusterReport> AdminView::clusters() const {
  std::vector<ClusterReport> reports;
  const ReloadStatus status = reloads_.get();
  if (status.snapshot == nullptr) return reports;
  proxy::AddressBookPtr book;
  {
    const std::lock_guard<std::mutex> lock(book_mutex_);
    book = book_;
  }
  HealthFlags live = collect_flags(*health_.live);
  HealthFlags shadow = collect_flags(*health_.shadow);
  std::map<std::string, size_t, std::less<>> index;
  for (const routing::Cluster& cluster : status.snapshot->clusters()) {
    ClusterReport report;
    report.name = cluster.name;
    for (const proxy::ResolvedEndpoint& host : proxy::resolve_endpoints(cluster, *book)) {
      const std::string address = host.address.to_string();
      report.hosts.push_back({address, live[report.name][address], shadow[report.name][address]});
    }
    index.emplace(report.name, reports.size());
    reports.push_back(std::move(report));
  }
  for (const admin::WorkerView& worker : workers_) {
    worker.live->clusters.for_each([&](const std::string& name, const proxy::ClusterStats& stats) {
      if (const auto at = index.find(name); at != index.end())
        reports[at->second].primary.add(stats);
    });
    worker.shadow_clusters->for_each(
        [&](const std::string& name, const proxy::ClusterStats& stats) {
          if (const auto at = index.find(name); at != index.end()) {
            reports[at->second].shadow.add(stats);
          }
        });
  }
  return reports;
}

std::string AdminView::clusters_text() const {
  std::string out;
  for (const ClusterReport& report : clusters()) {
    for (const ClusterReport::Host& host : report.hosts) {
      out += fmt::format("{}::address::{}\n", report.name, host.address);
      const auto flags = [&](const char* leg, const std::string& text) {
        if (text.empty()) return;
        out += fmt::format("{}::{}::{}::health_flags::{}\n", report.name, leg, host.address, text);
      };
      flags("primary", host.primary);
      flags("shadow", host.shadow);
    }
    append_leg_text(out, report.name, "primary", report.primary);
    append_leg_text(out, report.name, "shadow", report.shadow);
  }
  return out;
}

std::string AdminView::clusters_json() const {
  std::string out = R"({"clusters":[)";
  const char* separator = "";
  for (const ClusterReport& report : clusters()) {
    out += fmt::format(R"({}{{"name":")", std::exchange(separator, ","));
    append_json_escaped(out, report.name);
    out += R"(","addresses":[)";
    const char* between = "";
    for (const ClusterReport::Host& host : report.hosts) {
      out += fmt::format(R"({}")", std::exchange(between, ","));
      append_json_escaped(out, host.address);
      out += '"';
    }
    out += R"(],"hosts":[)";
    between = "";
    for (const ClusterReport::Host& host : report.hosts) {
      out += fmt::format(R"({}{{"address":")", std::exchange(between, ","));
      append_json_escaped(out, host.address);
      out += fmt::format(R"(","primary":"{}","shadow":"{}"}})", host.primary, host.shadow);
    }
    out += fmt::format("],{},{}}}", leg_json("primary", report.primary),
                       leg_json("shadow", report.shadow));
  }
  return out + "]}\n";
}

}  // namespace gnomon::app
