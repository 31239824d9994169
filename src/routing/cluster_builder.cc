#include "routing/cluster_builder.h"

#include <arpa/inet.h>
#include <fmt/format.h>

namespace gnomon::routing {
namespace {

constexpr Millis kDnsRefreshMin{1};

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

Balance build_balance(const config::LoadBalancer& from) {
  if (from.least_request) return Balance::least_request;
  if (from.random) return Balance::random;
  return Balance::round_robin;
}

void build_dns(BuildContext& context, const config::Upstream& upstream, Cluster& cluster) {
  cluster.respect_dns_ttl = upstream.respect_dns_ttl;
  if (!upstream.dns_refresh_rate) return;
  if (upstream.dns_refresh_rate->value < kDnsRefreshMin) {
    context.warning(upstream.metadata, upstream.dns_refresh_rate->at,
                    "must be at least 1ms; it is ignored", "dnsRefreshRate");
    return;
  }
  cluster.dns_refresh = to_millis(upstream.dns_refresh_rate->value);
}

Cluster build_cluster(BuildContext& context, const config::Upstream& upstream) {
  Cluster cluster;
  cluster.name = fmt::format("{}_{}", upstream.metadata.name.value, upstream.metadata.name_space);
  cluster.source = context.source_of(upstream.metadata.at);
  if (upstream.static_hosts) {
    for (const config::StaticHost& host : upstream.static_hosts->hosts) {
      cluster.endpoints.push_back({host.addr, host.port, !is_ip_address(host.addr)});
    }
    // What would be sent in clear must not be; an Upstream without endpoints sends nothing.
    if (upstream.ssl_config.value) {
      context.error(upstream.metadata, upstream.ssl_config.at,
                    "TLS to backends is not served yet, and clear text is not what was asked for",
                    "sslConfig");
    }
  }
  if (upstream.breakers) cluster.breakers = build_breakers(*upstream.breakers);
  if (upstream.balancer) cluster.balance = build_balance(*upstream.balancer);
  if (upstream.connection && upstream.connection->connect_timeout) {
    cluster.connect_timeout = to_millis(*upstream.connection->connect_timeout);
  }
  build_dns(context, upstream, cluster);
  return cluster;
}

}  // namespace

void build_clusters(BuildContext& context) {
  for (const config::Upstream& upstream : context.resources.upstreams) {
    context.add_cluster(upstream.metadata, build_cluster(context, upstream));
  }
}

}  // namespace gnomon::routing
