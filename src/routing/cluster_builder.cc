#include "routing/cluster_builder.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/window_size.h"
#include "routing/secret_headers.h"

namespace gnomon::routing {
namespace {

constexpr Millis kDnsRefreshMin{1};
constexpr Millis kSlowStartMax = std::chrono::hours(24 * 365);  // so that times can be added up
constexpr int64_t kKeepaliveSecondsMax = 32767;                 // Linux: MAX_TCP_KEEPIDLE

bool is_ip_address(const std::string& text) {
  in6_addr unused{};
  return inet_pton(AF_INET, text.c_str(), &unused) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

Breakers build_breakers(const config::CircuitBreakers& from) {
  Breakers to;
  to.max_connections = from.max_connections.value_or(to.max_connections);
  to.max_pending_requests = from.max_pending_requests.value_or(to.max_pending_requests);
  to.max_requests = from.max_requests.value_or(to.max_requests);
  to.max_retries = from.max_retries.value_or(to.max_retries);
  return to;
}

void build_slow_start(const config::SlowStartConfig& from, SlowStart& to) {
  constexpr double kPercent = 100;
  if (from.window) to.window = std::min(to_millis(*from.window), kSlowStartMax);
  to.aggression = from.aggression.value_or(to.aggression);
  if (from.min_weight_percent) to.min_weight = *from.min_weight_percent / kPercent;
}

void build_balance(const config::LoadBalancer& from, Cluster& cluster) {
  BalanceOptions& options = cluster.balance_options;
  if (from.round_robin && from.round_robin->slow_start) {
    build_slow_start(*from.round_robin->slow_start, options.slow_start);
  }
  if (from.random) cluster.balance = Balance::random;
  if (from.maglev) cluster.balance = Balance::maglev;
  if (from.least_request) {
    cluster.balance = Balance::least_request;
    if (from.least_request->choice_count != 0) options.choices = from.least_request->choice_count;
    if (from.least_request->slow_start) {
      build_slow_start(*from.least_request->slow_start, options.slow_start);
    }
  }
  if (from.ring_hash) {
    cluster.balance = Balance::ring_hash;
    const config::RingHashConfig ring = from.ring_hash->config.value_or(config::RingHashConfig());
    if (ring.minimum_ring_size != 0) options.ring_min = ring.minimum_ring_size;
    if (ring.maximum_ring_size != 0) options.ring_max = ring.maximum_ring_size;
  }
  if (from.healthy_panic_threshold) {
    options.panic_percent = static_cast<uint32_t>(std::lround(*from.healthy_panic_threshold));
  }
  options.hash_hostname = from.use_hostname_for_hashing;
  options.close_on_host_change = from.close_connections_on_host_set_change;
}

SubsetRules build_subsets(const config::SubsetSpec& from) {
  SubsetRules to;
  for (const config::SubsetSelector& selector : from.selectors) {
    to.selectors.push_back({selector.keys, selector.single_host_per_subset});
    std::ranges::sort(to.selectors.back().keys);
  }
  to.fallback = static_cast<SubsetRules::Fallback>(from.fallback);
  if (from.default_subset) {
    to.default_subset.assign(from.default_subset->values.begin(),
                             from.default_subset->values.end());
  }
  return to;
}

uint32_t whole_seconds(config::Duration duration) {
  return static_cast<uint32_t>(std::min<int64_t>(
      std::chrono::ceil<std::chrono::seconds>(duration).count(), kKeepaliveSecondsMax));
}

void build_http_rules(const config::CommonHttpOptions& from, ConnectionRules& to) {
  if (from.idle_timeout) to.idle_timeout = to_millis(*from.idle_timeout);
  to.fields_max = from.max_headers_count;
  if (from.max_stream_duration) to.stream_duration_max = to_millis(*from.max_stream_duration);
}

void build_http2(const config::Upstream& from, ConnectionRules& to) {
  to.http2 = from.use_http2 && from.use_http2->value;
  to.follow_client = from.protocol_selection == config::ProtocolSelection::client;
  to.stream_window = from.stream_window.transform(config::served_window);
  to.shared_window = from.connection_window.transform(config::served_window);
  to.streams_max = from.max_concurrent_streams;
}

void build_connection(const config::ConnectionConfig& from, Cluster& cluster) {
  ConnectionRules& to = cluster.connection;
  if (from.connect_timeout) cluster.connect_timeout = to_millis(*from.connect_timeout);
  to.requests_max = from.max_requests_per_connection;
  if (from.keepalive) {
    to.keepalive = true;
    to.keepalive_probes = from.keepalive->probes;
    to.keepalive_time_s = whole_seconds(from.keepalive->time);
    to.keepalive_interval_s = whole_seconds(from.keepalive->interval);
  }
  to.buffer_bytes = from.buffer_limit_bytes;
  if (from.common) build_http_rules(*from.common, to);
  if (from.http1) to.proper_case = from.http1->proper_case;
}

std::vector<HeaderEdit> build_check_edits(BuildContext& context, const config::Metadata& owner,
                                          const std::vector<config::HeaderAdd>& from,
                                          std::string_view where) {
  std::vector<HeaderEdit> to;
  for (size_t i = 0; i < from.size(); ++i) {
    const config::HeaderAdd& add = from[i];
    const auto op = add.append ? HeaderEdit::Op::append : HeaderEdit::Op::set;
    if (!add.secret) {
      to.push_back({op, add.header.key, add.header.value});
      continue;
    }
    const std::string field = fmt::format("healthChecks[0].{}[{}].headerSecretRef", where, i);
    for (const SecretHeader& header : secret_headers(context, owner, *add.secret, field)) {
      to.push_back({op, header.name, header.value, nullptr, true});
    }
  }
  return to;
}

HttpCheck build_http_check(BuildContext& context, const config::Metadata& owner,
                           const config::HttpHealthCheck& from) {
  static constexpr const char* kMethods[] = {"GET",    "GET",     "HEAD",    "POST",  "PUT",
                                             "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  HttpCheck to;
  to.host = from.host;
  to.path = from.path;
  to.method = kMethods[static_cast<size_t>(from.method)];
  to.service = from.service_name;
  to.http2 = from.use_http2;
  to.edits =
      build_check_edits(context, owner, from.headers_to_add, "httpHealthCheck.requestHeadersToAdd");
  for (const std::string& name : from.headers_to_remove) {
    to.edits.push_back({HeaderEdit::Op::remove, name, ""});
  }
  for (const config::StatusRange& range : from.expected_statuses) {
    to.statuses.emplace_back(range.start, range.end);
  }
  return to;
}

GrpcCheck build_grpc_check(BuildContext& context, const config::Metadata& owner,
                           const config::GrpcHealthCheck& from) {
  return {
      from.service_name, from.authority,
      build_check_edits(context, owner, from.initial_metadata, "grpcHealthCheck.initialMetadata")};
}

TcpCheck build_tcp_check(const config::TcpHealthCheck& from) {
  TcpCheck to;
  if (from.send) to.send = config::decode_hex(from.send->text).value_or("");
  for (const config::CheckPayload& part : from.receive) {
    to.receive.push_back(config::decode_hex(part.text).value_or(""));
  }
  return to;
}

void build_check_times(const config::HealthCheck& from, HealthCheck& to) {
  const auto set = [](const std::optional<config::Duration>& value, Millis& target) {
    if (value) target = to_millis(*value);
  };
  set(from.timeout, to.timeout);
  set(from.interval, to.interval);
  set(from.initial_jitter, to.initial_jitter);
  set(from.interval_jitter, to.jitter);
  set(from.no_traffic_interval, to.no_traffic_interval);
  to.jitter_percent = from.interval_jitter_percent;
  to.unhealthy_interval = to.healthy_edge_interval = to.interval;
  set(from.unhealthy_interval, to.unhealthy_interval);
  to.unhealthy_edge_interval = to.unhealthy_interval;
  set(from.unhealthy_edge_interval, to.unhealthy_edge_interval);
  set(from.healthy_edge_interval, to.healthy_edge_interval);
}

void build_health_checks(BuildContext& context, const config::Upstream& upstream,
                         Cluster& cluster) {
  const auto& checks = upstream.health_checks;
  for (size_t i = 0; i < checks.size(); ++i) {
    const config::HealthCheck& check = checks[i];
    const auto refuse = [&](const char* member) {
      context.error(upstream.metadata, check.at,
                    fmt::format("The field HealthCheck[{}].{} cannot be nil", i, member),
                    fmt::format("healthChecks[{}]", i));
    };
    if (!check.healthy_threshold) return refuse("HealthyThreshold");
    if (!check.unhealthy_threshold) return refuse("UnhealthyThreshold");
    if (check.custom.value) continue;
    if (!check.http && !check.tcp && !check.grpc) return refuse("HealthChecker");
    if (i > 0) {
      return context.error(upstream.metadata, check.at,
                           "an Upstream has at most one health check, as in Envoy",
                           fmt::format("healthChecks[{}]", i));
    }
    HealthCheck& to = cluster.health_check.emplace();
    build_check_times(check, to);
    to.healthy_threshold = *check.healthy_threshold;
    to.unhealthy_threshold = *check.unhealthy_threshold;
    to.reuse_connection = check.reuse_connection.value_or(true);
    to.log_failures = check.always_log_failures;
    if (check.http) to.http = build_http_check(context, upstream.metadata, *check.http);
    if (check.grpc) to.grpc = build_grpc_check(context, upstream.metadata, *check.grpc);
    if (check.tcp) to.tcp = build_tcp_check(*check.tcp);
  }
}

void build_outliers(BuildContext& context, const config::Upstream& upstream, Cluster& cluster) {
  if (!upstream.outliers) return;
  const config::OutlierDetection& from = *upstream.outliers;
  if (!from.interval) {
    return context.error(upstream.metadata, from.at,
                         "The field OutlierDetection.HealthChecker.Interval cannot be nil",
                         "outlierDetection");
  }
  OutlierDetection& to = cluster.outliers.emplace();
  to.interval = to_millis(*from.interval);
  if (from.base_ejection_time) to.base_ejection = to_millis(*from.base_ejection_time);
  to.max_ejection = std::max(to.max_ejection, to.base_ejection);
  to.split_local_errors = from.split_external_local_origin_errors;
  const auto set = [](const std::optional<uint32_t>& value, uint32_t& target) {
    target = value.value_or(target);
  };
  set(from.consecutive_5xx, to.consecutive_5xx);
  set(from.consecutive_gateway_failure, to.consecutive_gateway_failure);
  set(from.consecutive_local_origin_failure, to.consecutive_local_failure);
  set(from.max_ejection_percent, to.max_ejection_percent);
  set(from.enforcing_consecutive_5xx, to.enforcing_consecutive_5xx);
  set(from.enforcing_consecutive_gateway_failure, to.enforcing_consecutive_gateway_failure);
  set(from.enforcing_consecutive_local_origin_failure, to.enforcing_consecutive_local_failure);
  set(from.enforcing_success_rate, to.enforcing_success_rate);
  set(from.enforcing_local_origin_success_rate, to.enforcing_local_success_rate);
  set(from.success_rate_minimum_hosts, to.success_rate_hosts_min);
  set(from.success_rate_request_volume, to.success_rate_requests_min);
  set(from.success_rate_stdev_factor, to.success_rate_stdev_factor);
}

void build_endpoints(const config::Upstream& upstream, Cluster& cluster) {
  if (upstream.pipe) {
    cluster.endpoints.push_back({upstream.pipe->path.value, 0, false, true});
  }
  if (!upstream.static_hosts && !upstream.pipe) return;
  if (upstream.static_hosts) {
    for (const config::StaticHost& host : upstream.static_hosts->hosts) {
      if (host.addr.empty()) continue;  // reported when it was read
      Endpoint endpoint{host.addr, host.port, !is_ip_address(host.addr)};
      endpoint.weight = host.weight.value_or(1);
      if (host.metadata) {
        endpoint.labels.assign(host.metadata->labels.begin(), host.metadata->labels.end());
      }
      cluster.endpoints.push_back(std::move(endpoint));
    }
    if (upstream.static_hosts->subsets) {
      cluster.subsets = build_subsets(*upstream.static_hosts->subsets);
    }
  }
}

// A host's own name counts most, then that of the Upstream, then the address.
std::string server_name(const config::Upstream& upstream, const config::StaticHost* host) {
  if (host != nullptr && !host->sni_addr.empty()) return host->sni_addr;
  if (upstream.ssl_config && !upstream.ssl_config->sni.empty()) return upstream.ssl_config->sni;
  if (host == nullptr) return {};
  const config::StaticUpstream& hosts = *upstream.static_hosts;
  return hosts.auto_sni.value_or(true) ? host->addr : hosts.hosts[0].addr;
}

// Clear text must not be sent where TLS was asked for; an Upstream without endpoints sends nothing.
void build_tls(BuildContext& context, TlsBuilder& tls, const config::Upstream& upstream,
               Cluster& cluster) {
  // Nothing is sent to an Upstream of a platform, and its certificates may lie there.
  if (cluster.endpoints.empty() || !config::find_tls_request(upstream)) return;
  if (upstream.ssl_config && upstream.ssl_config->sds.value) {
    cluster.endpoints.clear();
    return context.warning(upstream.metadata, upstream.ssl_config->sds.at,
                           "certificates are not fetched from an SDS server; the Upstream has no "
                           "endpoints and requests get 503",
                           "sslConfig.sds");
  }
  cluster.tls = tls.client(upstream);
  if (cluster.tls == nullptr) return cluster.endpoints.clear();
  if (upstream.static_hosts) {
    auto endpoint = cluster.endpoints.begin();
    for (const config::StaticHost& host : upstream.static_hosts->hosts) {
      if (!host.addr.empty()) (endpoint++)->server_name = server_name(upstream, &host);
    }
  } else {
    for (Endpoint& endpoint : cluster.endpoints)
      endpoint.server_name = server_name(upstream, nullptr);
  }
}

void build_dns(BuildContext& context, const config::Upstream& upstream, Cluster& cluster) {
  cluster.respect_dns_ttl = upstream.respect_dns_ttl;
  if (!upstream.dns_refresh_rate) return;
  if (!std::ranges::any_of(cluster.endpoints, &Endpoint::is_name)) {
    return context.error(upstream.metadata, upstream.dns_refresh_rate->at,
                         "is only for Upstreams with DNS names, and this one has none",
                         "dnsRefreshRate");
  }
  if (upstream.dns_refresh_rate->value < kDnsRefreshMin) {
    context.warning(upstream.metadata, upstream.dns_refresh_rate->at,
                    "must be at least 1ms; it is ignored", "dnsRefreshRate");
    return;
  }
  cluster.dns_refresh = to_millis(upstream.dns_refresh_rate->value);
}

Cluster build_cluster(BuildContext& context, TlsBuilder& tls, const config::Upstream& upstream) {
  Cluster cluster;
  cluster.name = fmt::format("{}_{}", upstream.metadata.name.value, upstream.metadata.name_space);
  cluster.source = context.source_of(upstream.metadata.at);
  build_endpoints(upstream, cluster);
  if (upstream.breakers) cluster.breakers = build_breakers(*upstream.breakers);
  if (upstream.balancer) build_balance(*upstream.balancer, cluster);
  if (upstream.connection) build_connection(*upstream.connection, cluster);
  build_http2(upstream, cluster.connection);
  if (upstream.proxy_protocol) {
    const bool v1 = *upstream.proxy_protocol == config::ProxyProtocolVersion::v1;
    cluster.connection.proxy_protocol = v1 ? ProxyProtocol::v1 : ProxyProtocol::v2;
  }
  build_health_checks(context, upstream, cluster);
  build_outliers(context, upstream, cluster);
  build_dns(context, upstream, cluster);
  build_tls(context, tls, upstream, cluster);
  // Without the tunnel a request would reach a proxy that it is not for.
  if (upstream.tunnel.value) cluster.endpoints.clear();
  return cluster;
}

}  // namespace

void build_clusters(BuildContext& context, TlsBuilder& tls) {
  for (const config::Upstream& upstream : context.resources.upstreams) {
    context.add_cluster(upstream.metadata, build_cluster(context, tls, upstream));
  }
}

}  // namespace gnomon::routing
