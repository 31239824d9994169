#include "admin/metrics.h"

#include <gtest/gtest.h>

#include <set>

#include "admin/exposition_parser.h"
#include "admin/fake_source.h"

namespace gnomon::admin {
namespace {

using testing::ExpositionParser;
using testing::FakeSource;

ExpositionParser parse(const FakeSource& source,
                       ExpositionFormat format = ExpositionFormat::prometheus) {
  return {render_metrics(collect_metrics(source, read_process_stats()), format), format};
}

TEST(Metrics, a_gateway_that_has_done_nothing_exports_well_formed_families) {
  const FakeSource source;
  for (const auto format : {ExpositionFormat::prometheus, ExpositionFormat::open_metrics}) {
    const ExpositionParser parsed = parse(source, format);
    EXPECT_EQ(parsed.errors(), std::vector<std::string>());
    EXPECT_GT(parsed.families().size(), 40u);
  }
}

TEST(Metrics, sums_what_the_workers_counted) {
  FakeSource source;
  for (FakeSource::Worker& worker : source.all) {
    worker.live.requests.add(5);
    worker.live.requests_active.add(2);
    worker.live.codes.add(200);
    worker.live.codes.add(503);
    worker.live.client_gone.add();
    worker.live.refused.add(3);
    worker.live.connections.add(4);
    worker.live.connections_active.add(1);
    worker.live.bytes_received.add(100);
    worker.live.bytes_sent.add(1000);
    worker.live.access_log_dropped.add(7);
    worker.live.duration.record(std::chrono::seconds(2));
  }
  const ExpositionParser parsed = parse(source);
  EXPECT_EQ(parsed.errors(), std::vector<std::string>());
  EXPECT_EQ(parsed.value("gnomon_requests_received_total"), 10);
  EXPECT_EQ(parsed.value("gnomon_requests_active"), 4);
  EXPECT_EQ(parsed.value("gnomon_requests_total", "code_class=2xx"), 2);
  EXPECT_EQ(parsed.value("gnomon_requests_total", "code_class=5xx"), 2);
  EXPECT_EQ(parsed.value("gnomon_requests_total", "code_class=4xx"), 0);
  EXPECT_EQ(parsed.value("gnomon_client_gone_total"), 2);
  EXPECT_EQ(parsed.value("gnomon_refused_requests_total"), 6);
  EXPECT_EQ(parsed.value("gnomon_client_connections_total"), 8);
  EXPECT_EQ(parsed.value("gnomon_client_connections_active"), 2);
  EXPECT_EQ(parsed.value("gnomon_client_received_bytes_total"), 200);
  EXPECT_EQ(parsed.value("gnomon_client_sent_bytes_total"), 2000);
  EXPECT_EQ(parsed.value("gnomon_access_log_dropped_total"), 14);
  EXPECT_EQ(parsed.value("gnomon_request_duration_seconds_count"), 2);
  EXPECT_EQ(parsed.value("gnomon_request_duration_seconds_sum"), 4);
}

TEST(Metrics, keeps_the_two_legs_of_an_upstream_apart) {
  FakeSource source;
  proxy::ClusterStats& primary = source.named(source.all[0].live.clusters, "petstore");
  primary.requests.add(3);
  primary.codes.add(200);
  source.named(source.all[1].live.clusters, "petstore").requests.add(4);
  proxy::ClusterStats& shadow = source.named(source.all[1].shadow_clusters, "petstore");
  shadow.requests.add(9);
  shadow.codes.add(500);
  shadow.time.record(std::chrono::milliseconds(1));
  const ExpositionParser parsed = parse(source);
  EXPECT_EQ(parsed.errors(), std::vector<std::string>());
  EXPECT_EQ(parsed.value("gnomon_upstream_requests_total", "upstream=petstore,leg=primary"), 7);
  EXPECT_EQ(parsed.value("gnomon_upstream_requests_total", "upstream=petstore,leg=shadow"), 9);
  EXPECT_EQ(parsed.value("gnomon_upstream_responses_total",
                         "upstream=petstore,leg=primary,code_class=2xx"),
            1);
  EXPECT_EQ(parsed.value("gnomon_upstream_responses_total",
                         "upstream=petstore,leg=shadow,code_class=5xx"),
            1);
  EXPECT_EQ(parsed.value("gnomon_upstream_request_duration_seconds_count",
                         "upstream=petstore,leg=primary"),
            0);
  EXPECT_EQ(parsed.value("gnomon_upstream_request_duration_seconds_count",
                         "upstream=petstore,leg=shadow"),
            1);
}

TEST(Metrics, every_number_of_an_upstream_has_a_place_of_its_own) {
  FakeSource source;
  proxy::ClusterStats& stats = source.named(source.all[0].live.clusters, "u");
  stats.requests.add(1);
  stats.resets.add(2);
  stats.timeouts.add(3);
  stats.retries.add(4);
  stats.overflow_connections.add(5);
  stats.overflow_pending.add(6);
  stats.overflow_requests.add(7);
  stats.overflow_retries.add(8);
  stats.no_host.add(9);
  stats.connections.add(10);
  stats.connect_failures.add(11);
  stats.handshake_failures.add(tls::HandshakeFailure::Cause::alert);
  stats.grpc.add(14);
  stats.grpc.add(17);
  stats.grpc.add(4'000'000'000);
  stats.connections_active.add(12);
  stats.requests_active.add(13);
  stats.requests_pending.add(14);
  const ExpositionParser parsed = parse(source);
  const std::string leg = "upstream=u,leg=primary";
  EXPECT_EQ(parsed.value("gnomon_upstream_requests_total", leg), 1);
  EXPECT_EQ(parsed.value("gnomon_upstream_resets_total", leg), 2);
  EXPECT_EQ(parsed.value("gnomon_upstream_timeouts_total", leg), 3);
  EXPECT_EQ(parsed.value("gnomon_upstream_retries_total", leg), 4);
  EXPECT_EQ(parsed.value("gnomon_upstream_overflows_total", leg + ",reason=max_connections"), 5);
  EXPECT_EQ(parsed.value("gnomon_upstream_overflows_total", leg + ",reason=max_pending_requests"),
            6);
  EXPECT_EQ(parsed.value("gnomon_upstream_overflows_total", leg + ",reason=max_requests"), 7);
  EXPECT_EQ(parsed.value("gnomon_upstream_overflows_total", leg + ",reason=max_retries"), 8);
  EXPECT_EQ(parsed.value("gnomon_upstream_no_host_total", leg), 9);
  EXPECT_EQ(parsed.value("gnomon_upstream_connections_total", leg), 10);
  EXPECT_EQ(parsed.value("gnomon_upstream_connect_failures_total", leg), 11);
  const char* const failures = "gnomon_upstream_tls_failures_total";
  EXPECT_EQ(parsed.value(failures, leg + ",reason=alert"), 1);
  EXPECT_EQ(parsed.value(failures, leg + ",reason=certificate"), 0);
  const char* const calls = "gnomon_upstream_grpc_responses_total";
  EXPECT_EQ(parsed.value(calls, leg + ",grpc_status=UNAVAILABLE"), 1);
  EXPECT_EQ(parsed.value(calls, leg + ",grpc_status=other"), 2);
  EXPECT_EQ(parsed.value(calls, leg + ",grpc_status=OK"), 0);
  EXPECT_EQ(parsed.value("gnomon_upstream_connections_active", leg), 12);
  EXPECT_EQ(parsed.value("gnomon_upstream_requests_active", leg), 13);
  EXPECT_EQ(parsed.value("gnomon_upstream_requests_pending", leg), 14);
}

TEST(Metrics, every_reason_of_every_shadow_is_there_from_the_start) {
  FakeSource source;
  source.named(source.all[0].shadows, "default.petstore").drop(shadow::Reason::budget_bytes);
  source.named(source.all[1].shadows, "default.petstore").fail(shadow::Reason::timeout);
  source.named(source.all[1].shadows, "default.other");
  const ExpositionParser parsed = parse(source);
  EXPECT_EQ(parsed.errors(), std::vector<std::string>());
  for (const char* shadow : {"default.petstore", "default.other"}) {
    for (const char* reason : shadow::kReasonNames) {
      const std::string labels = std::string("shadow=") + shadow + ",reason=" + reason;
      EXPECT_GE(parsed.value("gnomon_shadow_dropped_total", labels), 0) << labels;
      EXPECT_GE(parsed.value("gnomon_shadow_failed_total", labels), 0) << labels;
    }
  }
  EXPECT_EQ(
      parsed.value("gnomon_shadow_dropped_total", "shadow=default.petstore,reason=budget_bytes"),
      1);
  EXPECT_EQ(parsed.value("gnomon_shadow_failed_total", "shadow=default.petstore,reason=timeout"),
            1);
}

TEST(Metrics, sums_shadows_over_the_workers) {
  FakeSource source;
  for (FakeSource::Worker& worker : source.all) {
    shadow::ShadowStats& stats = source.named(worker.shadows, "s");
    stats.requests.add(10);
    stats.copied.add(6);
    stats.answered.add(404);
    stats.in_flight.add(5);
    stats.buffered_bytes.add(4096);
    stats.duration.record(std::chrono::milliseconds(500));
  }
  const ExpositionParser parsed = parse(source);
  EXPECT_EQ(parsed.value("gnomon_shadow_requests_total", "shadow=s"), 20);
  EXPECT_EQ(parsed.value("gnomon_shadow_copied_total", "shadow=s"), 12);
  EXPECT_EQ(parsed.value("gnomon_shadow_answered_total", "shadow=s,code_class=4xx"), 2);
  EXPECT_EQ(parsed.value("gnomon_shadow_in_flight", "shadow=s"), 10);
  EXPECT_EQ(parsed.value("gnomon_shadow_buffered_bytes", "shadow=s"), 8192);
  EXPECT_EQ(parsed.value("gnomon_shadow_duration_seconds_sum", "shadow=s"), 1);
}

TEST(Metrics, exports_the_last_reload_and_the_build) {
  FakeSource source;
  source.report = {false, WallTime(std::chrono::milliseconds(1'700'000'000'250)), 7};
  source.started = WallTime(std::chrono::seconds(1'600'000'000));
  const ExpositionParser parsed = parse(source);
  EXPECT_EQ(parsed.value("gnomon_config_last_reload_successful"), 0);
  EXPECT_EQ(parsed.value("gnomon_config_last_reload_timestamp_seconds"), 1'700'000'000.25);
  EXPECT_EQ(parsed.value("gnomon_config_generation"), 7);
  EXPECT_EQ(parsed.value("gnomon_build_info", "version=1.2.3"), 1);
  EXPECT_EQ(parsed.value("process_start_time_seconds"), 1'600'000'000);
}

TEST(Metrics, label_names_are_a_closed_set) {
  FakeSource source;
  source.named(source.all[0].live.clusters, "u").grpc.add(0);
  source.named(source.all[0].shadow_clusters, "u").requests.add();
  source.named(source.all[0].shadows, "s").requests.add();
  const std::set<std::string> allowed = {"leg",        "upstream", "shadow",  "reason",
                                         "code_class", "le",       "version", "grpc_status"};
  for (const auto& [name, family] : parse(source).families()) {
    for (const testing::Sample& sample : family.samples) {
      for (const auto& [label, value] : sample.labels) {
        EXPECT_TRUE(allowed.contains(label)) << name << " " << label;
      }
    }
  }
}

TEST(ProcessStats, reads_what_the_kernel_says) {
  const ProcessStats before = read_process_stats();
  EXPECT_GT(before.cpu_seconds, 0);
  EXPECT_GT(before.resident_bytes, 1'000'000u);
  EXPECT_GT(before.virtual_bytes, before.resident_bytes);
  EXPECT_GT(before.max_fds, before.open_fds);
  EXPECT_GE(before.open_fds, 3u);
}

}  // namespace
}  // namespace gnomon::admin
