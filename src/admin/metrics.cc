#include "admin/metrics.h"

#include <algorithm>
#include <chrono>

#include "admin/trial_metrics.h"

namespace gnomon::admin {
namespace {

using proxy::CodeClasses;

void add_codes(CodeClassSums& sums, const CodeClasses& codes) noexcept {
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += codes.value(i);
}

// To the millisecond: a double has no room for more beside the seconds.
double unix_seconds(WallTime time) noexcept {
  const auto ms = std::chrono::floor<Millis>(time.time_since_epoch());
  return static_cast<double>(ms.count()) / 1e3;
}

void write_client(Exposition& out, const ClientSums& client) {
  out.family("gnomon_requests_received", MetricType::counter, "Requests whose head came whole.");
  out.sample({}, client.requests);
  out.family("gnomon_requests", MetricType::counter,
             "Answers to clients, by class of status code, those to refused requests included.");
  for (size_t i = 0; i < client.codes.size(); ++i) {
    out.sample({{"code_class", CodeClasses::kNames[i]}}, client.codes[i]);
  }
  out.family("gnomon_requests_active", MetricType::gauge, "Requests in progress.");
  out.sample({}, client.requests_active);
  out.family("gnomon_request_duration_seconds", MetricType::histogram,
             "From the arrival of a request's head to the last byte of its answer.");
  out.histogram({}, client.duration);
  out.family("gnomon_client_connections", MetricType::counter, "Client connections accepted.");
  out.sample({}, client.connections);
  out.family("gnomon_client_connections_active", MetricType::gauge, "Client connections open.");
  out.sample({}, client.connections_active);
  out.family("gnomon_client_gone", MetricType::counter,
             "Requests whose client left before its answer was complete.");
  out.sample({}, client.client_gone);
  out.family("gnomon_refused_requests", MetricType::counter,
             "Broken or oversized requests, refused before they reached a route.");
  out.sample({}, client.refused);
  out.family("gnomon_listener_refusals", MetricType::counter,
             "Connections and requests turned away by settings of a Gateway or for want of "
             "descriptors, by reason.");
  for (size_t i = 0; i < client.refusals.size(); ++i) {
    out.sample({{"reason", proxy::RefusalCounters::kNames[i]}}, client.refusals[i]);
  }
  out.family("gnomon_client_floods", MetricType::counter,
             "HTTP/2 connections ended because their client made us work for nothing, by what it "
             "overdid.");
  for (size_t i = 0; i < client.floods.size(); ++i) {
    out.sample({{"reason", proxy::FloodCounters::kNames[i]}}, client.floods[i]);
  }
  out.family("gnomon_client_received_bytes", MetricType::counter, "Body bytes from clients.");
  out.sample({}, client.bytes_received);
  out.family("gnomon_client_sent_bytes", MetricType::counter, "Body bytes to clients.");
  out.sample({}, client.bytes_sent);
  out.family("gnomon_access_log_dropped", MetricType::counter,
             "Access log lines dropped because the writer was behind or could not write.");
  out.sample({}, client.access_log_dropped);
}

// One number of every upstream.
struct UpstreamMetric {
  std::string_view name;
  MetricType type;
  std::string_view help;
  int64_t (*value)(const UpstreamSums&);
};

template <auto Member>
int64_t read(const UpstreamSums& sums) {
  return static_cast<int64_t>(sums.*Member);
}

constexpr UpstreamMetric kUpstreamMetrics[] = {
    {"gnomon_upstream_requests", MetricType::counter, "Attempts given to a connection.",
     read<&UpstreamSums::requests>},
    {"gnomon_upstream_resets", MetricType::counter, "Attempts that ended without a whole answer.",
     read<&UpstreamSums::resets>},
    {"gnomon_upstream_timeouts", MetricType::counter, "Attempts ended for being too slow.",
     read<&UpstreamSums::timeouts>},
    {"gnomon_upstream_retries", MetricType::counter, "Attempts that repeated an earlier one.",
     read<&UpstreamSums::retries>},
    {"gnomon_upstream_no_host", MetricType::counter, "Attempts that found no endpoint.",
     read<&UpstreamSums::no_host>},
    {"gnomon_upstream_panics", MetricType::counter,
     "Picks among all hosts, because too few were healthy.", read<&UpstreamSums::panics>},
    {"gnomon_upstream_connections", MetricType::counter, "Connections opened.",
     read<&UpstreamSums::connections>},
    {"gnomon_upstream_connect_failures", MetricType::counter, "Connections that could not be made.",
     read<&UpstreamSums::connect_failures>},
    {"gnomon_upstream_connections_active", MetricType::gauge, "Connections open.",
     read<&UpstreamSums::connections_active>},
    {"gnomon_upstream_requests_active", MetricType::gauge, "Attempts in progress.",
     read<&UpstreamSums::requests_active>},
    {"gnomon_upstream_requests_pending", MetricType::gauge, "Attempts waiting for a connection.",
     read<&UpstreamSums::requests_pending>},
};

// Both legs of every upstream, for one family.
template <typename Write>
void for_each_leg(const MetricsSnapshot& snapshot, Write&& write) {
  for (const auto& [name, sums] : snapshot.primary_upstreams) write(name, "primary", sums);
  for (const auto& [name, sums] : snapshot.shadow_upstreams) write(name, "shadow", sums);
}

void write_upstreams(Exposition& out, const MetricsSnapshot& snapshot) {
  for (const UpstreamMetric& metric : kUpstreamMetrics) {
    out.family(metric.name, metric.type, metric.help);
    for_each_leg(snapshot, [&](std::string_view upstream, const char* leg, const auto& sums) {
      out.sample({{"upstream", upstream}, {"leg", leg}}, metric.value(sums));
    });
  }
  out.family("gnomon_upstream_responses", MetricType::counter,
             "Answers that came back, by class of status code.");
  for_each_leg(snapshot, [&](std::string_view upstream, const char* leg, const auto& sums) {
    for (size_t i = 0; i < sums.codes.size(); ++i) {
      out.sample({{"upstream", upstream}, {"leg", leg}, {"code_class", CodeClasses::kNames[i]}},
                 sums.codes[i]);
    }
  });
  out.family("gnomon_upstream_grpc_responses", MetricType::counter,
             "Whole answers to gRPC calls, by their status.");
  for_each_leg(snapshot, [&](std::string_view upstream, const char* leg, const auto& sums) {
    // Those that no call was made to have none.
    if (std::ranges::all_of(sums.grpc, [](uint64_t value) { return value == 0; })) return;
    for (size_t i = 0; i < sums.grpc.size(); ++i) {
      out.sample(
          {{"upstream", upstream}, {"leg", leg}, {"grpc_status", proxy::GrpcStatuses::kNames[i]}},
          sums.grpc[i]);
    }
  });
  out.family("gnomon_upstream_tls_failures", MetricType::counter,
             "TLS handshakes that came to nothing, by reason.");
  for_each_leg(snapshot, [&](std::string_view upstream, const char* leg, const auto& sums) {
    for (size_t i = 0; i < sums.handshake_failures.size(); ++i) {
      out.sample(
          {{"upstream", upstream}, {"leg", leg}, {"reason", proxy::HandshakeFailures::kNames[i]}},
          sums.handshake_failures[i]);
    }
  });
  out.family("gnomon_upstream_overflows", MetricType::counter,
             "Attempts refused by circuitBreakers, by the limit that was reached.");
  for_each_leg(snapshot, [&](std::string_view upstream, const char* leg, const auto& sums) {
    const auto sample = [&](const char* reason, uint64_t value) {
      out.sample({{"upstream", upstream}, {"leg", leg}, {"reason", reason}}, value);
    };
    sample("max_connections", sums.overflow_connections);
    sample("max_pending_requests", sums.overflow_pending);
    sample("max_requests", sums.overflow_requests);
    sample("max_retries", sums.overflow_retries);
  });
  out.family("gnomon_upstream_request_duration_seconds", MetricType::histogram,
             "From the start of an attempt to the end of its answer.");
  for_each_leg(snapshot, [&](std::string_view upstream, const char* leg, const auto& sums) {
    out.histogram({{"upstream", upstream}, {"leg", leg}}, sums.time);
  });
}

// One number of the hosts of every upstream.
struct HealthMetric {
  std::string_view name;
  MetricType type;
  std::string_view help;
  uint64_t (*value)(const proxy::HealthTotals&);
};

template <uint64_t proxy::HealthTotals::* Member>
uint64_t read_health(const proxy::HealthTotals& totals) {
  return totals.*Member;
}

constexpr HealthMetric kHealthMetrics[] = {
    {"gnomon_upstream_hosts", MetricType::gauge, "Hosts there are.",
     read_health<&proxy::HealthTotals::hosts>},
    {"gnomon_upstream_hosts_healthy", MetricType::gauge,
     "Hosts that are neither failed nor ejected.", read_health<&proxy::HealthTotals::healthy>},
    {"gnomon_upstream_hosts_ejected", MetricType::gauge, "Hosts that outlierDetection has ejected.",
     read_health<&proxy::HealthTotals::ejected>},
    {"gnomon_upstream_ejections_refused", MetricType::counter,
     "Hosts not ejected because of maxEjectionPercent.",
     read_health<&proxy::HealthTotals::ejections_refused>},
};

template <typename Write>
void for_each_health(const MetricsSnapshot& snapshot, Write&& write) {
  for (const auto& [name, totals] : snapshot.primary_health) write(name, "primary", totals);
  for (const auto& [name, totals] : snapshot.shadow_health) write(name, "shadow", totals);
}

void write_health(Exposition& out, const MetricsSnapshot& snapshot) {
  for (const HealthMetric& metric : kHealthMetrics) {
    out.family(metric.name, metric.type, metric.help);
    for_each_health(snapshot, [&](std::string_view upstream, const char* leg, const auto& totals) {
      out.sample({{"upstream", upstream}, {"leg", leg}}, metric.value(totals));
    });
  }
  out.family("gnomon_upstream_health_checks", MetricType::counter, "Health checks, by result.");
  for_each_health(snapshot, [&](std::string_view upstream, const char* leg, const auto& totals) {
    out.sample({{"upstream", upstream}, {"leg", leg}, {"result", "success"}}, totals.checks_good);
    out.sample({{"upstream", upstream}, {"leg", leg}, {"result", "failure"}}, totals.checks_failed);
  });
  out.family("gnomon_upstream_ejections", MetricType::counter,
             "Hosts ejected by outlierDetection, by what they had done.");
  for_each_health(snapshot, [&](std::string_view upstream, const char* leg, const auto& totals) {
    for (size_t i = 0; i < totals.ejections.size(); ++i) {
      out.sample({{"upstream", upstream}, {"leg", leg}, {"reason", proxy::kEjectionNames[i]}},
                 totals.ejections[i]);
    }
  });
}

// One sample per reason, those that never happened included: a rate over a sample that is missing
// is no rate at all.
void write_reasons(Exposition& out, const MetricsSnapshot& snapshot,
                   std::array<uint64_t, shadow::kReasons> ShadowSums::* member) {
  for (const auto& [name, sums] : snapshot.shadows) {
    for (size_t i = 0; i < shadow::kReasons; ++i) {
      out.sample({{"shadow", name}, {"reason", shadow::kReasonNames[i]}}, (sums.*member)[i]);
    }
  }
}

void write_shadows(Exposition& out, const MetricsSnapshot& snapshot) {
  const auto& shadows = snapshot.shadows;
  out.family("gnomon_shadow_requests", MetricType::counter,
             "Live requests on a route with this shadow: copied plus dropped.");
  for (const auto& [name, sums] : shadows) out.sample({{"shadow", name}}, sums.requests);
  out.family("gnomon_shadow_copied", MetricType::counter,
             "Copies begun: answered, failed or in flight.");
  for (const auto& [name, sums] : shadows) out.sample({{"shadow", name}}, sums.copied);
  out.family("gnomon_shadow_dropped", MetricType::counter,
             "Requests of which no copy was begun, by reason.");
  write_reasons(out, snapshot, &ShadowSums::dropped);
  out.family("gnomon_shadow_answered", MetricType::counter,
             "Copies with a whole answer, by class of status code.");
  for (const auto& [name, sums] : shadows) {
    for (size_t i = 0; i < sums.answered.size(); ++i) {
      out.sample({{"shadow", name}, {"code_class", CodeClasses::kNames[i]}}, sums.answered[i]);
    }
  }
  out.family("gnomon_shadow_failed", MetricType::counter,
             "Copies begun that got no whole answer, by reason.");
  write_reasons(out, snapshot, &ShadowSums::failed);
  out.family("gnomon_shadow_compared", MetricType::counter,
             "Requests handed over for comparison with all their answers.");
  for (const auto& [name, sums] : shadows) out.sample({{"shadow", name}}, sums.compared);
  out.family("gnomon_shadow_shed", MetricType::counter,
             "Of those, compared by digest as bodies found no room in limits.bufferBytes.");
  for (const auto& [name, sums] : shadows) out.sample({{"shadow", name}}, sums.shed);
  out.family("gnomon_shadow_uncompared", MetricType::counter,
             "Requests copied for a comparison that was not made, by reason.");
  for (const auto& [name, sums] : shadows) {
    for (size_t i = 0; i < sums.uncompared.size(); ++i) {
      out.sample({{"shadow", name}, {"reason", shadow::kUncomparedNames[i]}}, sums.uncompared[i]);
    }
  }
  out.family("gnomon_shadow_in_flight", MetricType::gauge, "Copies in progress.");
  for (const auto& [name, sums] : shadows) out.sample({{"shadow", name}}, sums.in_flight);
  out.family("gnomon_shadow_buffered_bytes", MetricType::gauge, "Memory held for copies.");
  for (const auto& [name, sums] : shadows) out.sample({{"shadow", name}}, sums.buffered_bytes);
  out.family("gnomon_shadow_duration_seconds", MetricType::histogram,
             "Of answered copies, from their start to the last byte of the answer.");
  for (const auto& [name, sums] : shadows) out.histogram({{"shadow", name}}, sums.duration);
}

void write_process(Exposition& out, const MetricsSnapshot& snapshot) {
  out.family("gnomon_config_last_reload_successful", MetricType::gauge,
             "1 if the configuration was good when it was last read.");
  out.sample({}, snapshot.reload.successful ? 1 : 0);
  out.family("gnomon_config_last_reload_timestamp_seconds", MetricType::gauge,
             "When the configuration was last read.");
  out.sample({}, unix_seconds(snapshot.reload.at));
  out.family("gnomon_config_generation", MetricType::gauge,
             "Configurations that went live, this one included.");
  out.sample({}, snapshot.reload.generation);
  out.family("gnomon_build", MetricType::info, "The program's version.");
  out.sample({{"version", snapshot.version}}, 1);

  const ProcessStats& process = snapshot.process;
  out.family("process_cpu_seconds", MetricType::counter, "User and system CPU time.");
  out.sample({}, process.cpu_seconds);
  out.family("process_resident_memory_bytes", MetricType::gauge, "Resident memory.");
  out.sample({}, process.resident_bytes);
  out.family("process_virtual_memory_bytes", MetricType::gauge, "Virtual memory.");
  out.sample({}, process.virtual_bytes);
  out.family("process_open_fds", MetricType::gauge, "Open file descriptors.");
  out.sample({}, process.open_fds);
  out.family("process_max_fds", MetricType::gauge, "Limit of open file descriptors.");
  out.sample({}, process.max_fds);
  out.family("process_start_time_seconds", MetricType::gauge, "When the process started.");
  out.sample({}, unix_seconds(snapshot.start_time));
}

}  // namespace

void ClientSums::add(const proxy::WorkerStats& stats) noexcept {
  connections += stats.connections.value();
  connections_active += stats.connections_active.value();
  requests += stats.requests.value();
  requests_active += stats.requests_active.value();
  add_codes(codes, stats.codes);
  client_gone += stats.client_gone.value();
  refused += stats.refused.value();
  for (size_t i = 0; i < refusals.size(); ++i) refusals[i] += stats.refusals.value(i);
  for (size_t i = 0; i < floods.size(); ++i) floods[i] += stats.floods.value(i);
  bytes_received += stats.bytes_received.value();
  bytes_sent += stats.bytes_sent.value();
  access_log_dropped += stats.access_log_dropped.value();
  duration.add(stats.duration);
}

void UpstreamSums::add(const proxy::ClusterStats& stats) noexcept {
  requests += stats.requests.value();
  add_codes(codes, stats.codes);
  resets += stats.resets.value();
  timeouts += stats.timeouts.value();
  retries += stats.retries.value();
  overflow_connections += stats.overflow_connections.value();
  overflow_pending += stats.overflow_pending.value();
  overflow_requests += stats.overflow_requests.value();
  overflow_retries += stats.overflow_retries.value();
  no_host += stats.no_host.value();
  panics += stats.panics.value();
  connections += stats.connections.value();
  connect_failures += stats.connect_failures.value();
  for (size_t i = 0; i < handshake_failures.size(); ++i) {
    handshake_failures[i] += stats.handshake_failures.value(i);
  }
  for (size_t i = 0; i < grpc.size(); ++i) grpc[i] += stats.grpc.value(i);
  connections_active += stats.connections_active.value();
  requests_active += stats.requests_active.value();
  requests_pending += stats.requests_pending.value();
  time.add(stats.time);
}

void ShadowSums::add(const shadow::ShadowStats& stats) noexcept {
  requests += stats.requests.value();
  copied += stats.copied.value();
  add_codes(answered, stats.answered);
  for (size_t i = 0; i < shadow::kReasons; ++i) {
    dropped[i] += stats.dropped[i].value();
    failed[i] += stats.failed[i].value();
  }
  compared += stats.compared.value();
  shed += stats.shed.value();
  for (size_t i = 0; i < uncompared.size(); ++i) uncompared[i] += stats.uncompared[i].value();
  in_flight += stats.in_flight.value();
  buffered_bytes += stats.buffered_bytes.value();
  duration.add(stats.duration);
}

MetricsSnapshot collect_metrics(const AdminSource& source, const ProcessStats& process) {
  MetricsSnapshot snapshot;
  for (const WorkerView& worker : source.workers()) {
    snapshot.client.add(*worker.live);
    worker.live->clusters.for_each([&](const std::string& name, const auto& stats) {
      snapshot.primary_upstreams[name].add(stats);
    });
    worker.shadow_clusters->for_each([&](const std::string& name, const auto& stats) {
      snapshot.shadow_upstreams[name].add(stats);
    });
    worker.shadows->for_each(
        [&](const std::string& name, const auto& stats) { snapshot.shadows[name].add(stats); });
  }
  const HealthView health = source.health();
  health.live->for_each([&](const std::string& name, const auto& upstream) {
    snapshot.primary_health.emplace(name, upstream.totals());
  });
  health.shadow->for_each([&](const std::string& name, const auto& upstream) {
    snapshot.shadow_health.emplace(name, upstream.totals());
  });
  snapshot.reload = source.last_reload();
  snapshot.start_time = source.start_time();
  snapshot.version = source.version();
  snapshot.process = process;
  snapshot.trials = &source.trials();
  return snapshot;
}

std::string render_metrics(const MetricsSnapshot& snapshot, ExpositionFormat format) {
  Exposition out(format);
  write_client(out, snapshot.client);
  write_upstreams(out, snapshot);
  write_health(out, snapshot);
  write_shadows(out, snapshot);
  if (snapshot.trials != nullptr) write_trials(out, *snapshot.trials);
  write_process(out, snapshot);
  return out.finish();
}

}  // namespace gnomon::admin
