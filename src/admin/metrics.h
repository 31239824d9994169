// Every metric that is exported: collected from the workers into plain sums, then written.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "admin/exposition.h"
#include "admin/process_stats.h"
#include "admin/source.h"
#include "proxy/stats.h"
#include "shadow/shadow_stats.h"

namespace gnomon::admin {

using CodeClassSums = std::array<uint64_t, proxy::CodeClasses::kNames.size()>;

struct ClientSums {
  uint64_t connections = 0;
  int64_t connections_active = 0;
  uint64_t requests = 0;
  int64_t requests_active = 0;
  CodeClassSums codes{};
  uint64_t client_gone = 0;
  uint64_t refused = 0;
  std::array<uint64_t, proxy::RefusalCounters::kNames.size()> refusals{};
  std::array<uint64_t, proxy::FloodCounters::kNames.size()> floods{};
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t access_log_dropped = 0;
  HistogramSum duration;

  void add(const proxy::WorkerStats& stats) noexcept;
};

struct UpstreamSums {
  uint64_t requests = 0;
  CodeClassSums codes{};
  uint64_t resets = 0;
  uint64_t timeouts = 0;
  uint64_t retries = 0;
  uint64_t overflow_connections = 0;
  uint64_t overflow_pending = 0;
  uint64_t overflow_requests = 0;
  uint64_t overflow_retries = 0;
  uint64_t no_host = 0;
  uint64_t panics = 0;
  uint64_t connections = 0;
  uint64_t connect_failures = 0;
  std::array<uint64_t, proxy::HandshakeFailures::kNames.size()> handshake_failures{};
  std::array<uint64_t, proxy::GrpcStatuses::kNames.size()> grpc{};
  int64_t connections_active = 0;
  int64_t requests_active = 0;
  int64_t requests_pending = 0;
  HistogramSum time;

  void add(const proxy::ClusterStats& stats) noexcept;
};

struct ShadowSums {
  uint64_t requests = 0;
  uint64_t copied = 0;
  std::array<uint64_t, shadow::kReasons> dropped{};
  CodeClassSums answered{};
  std::array<uint64_t, shadow::kReasons> failed{};
  uint64_t compared = 0;
  uint64_t shed = 0;
  std::array<uint64_t, shadow::kUncomparedNames.size()> uncompared{};
  int64_t in_flight = 0;
  int64_t buffered_bytes = 0;
  HistogramSum duration;

  void add(const shadow::ShadowStats& stats) noexcept;
};

struct MetricsSnapshot {
  ClientSums client;
  std::map<std::string, UpstreamSums, std::less<>> primary_upstreams;
  std::map<std::string, UpstreamSums, std::less<>> shadow_upstreams;
  std::map<std::string, proxy::HealthTotals, std::less<>> primary_health;
  std::map<std::string, proxy::HealthTotals, std::less<>> shadow_health;
  std::map<std::string, ShadowSums, std::less<>> shadows;
  ReloadReport reload;
  WallTime start_time{};
  std::string version;
  ProcessStats process;
  const trial::TrialBook* trials = nullptr;
};

MetricsSnapshot collect_metrics(const AdminSource& source, const ProcessStats& process);
std::string render_metrics(const MetricsSnapshot& snapshot, ExpositionFormat format);

}  // namespace gnomon::admin
