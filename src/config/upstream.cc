#include "config/upstream.h"

#include <algorithm>

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kNoEndpoints =
    "needs a platform that is not supported yet; the Upstream has no endpoints";

constexpr uint16_t kHttpsPort = 443;

// Sending in clear what was meant to be encrypted would be worse than not starting.
bool check_tls(const StaticUpstream& upstream, const Node& node, const Scope& scope) {
  if (upstream.use_tls) {
    if (!upstream.use_tls->value) return true;
    scope.field("useTls").error(upstream.use_tls->at, "TLS to backends is not served yet");
    return false;
  }
  const auto https = std::ranges::find(upstream.hosts, kHttpsPort, &StaticHost::port);
  if (https == upstream.hosts.end()) return true;
  scope.error(node.find("hosts") == nullptr ? node.at() : https->at,
              "port 443 means TLS, and TLS to backends is not served yet",
              "set useTls: false if these backends speak plain HTTP");
  return false;
}

bool check_hosts(const StaticUpstream& upstream, const Node& node, const Scope& scope) {
  if (!upstream.hosts.empty()) return true;
  scope.error(node.at(), "a static Upstream needs at least one host");
  return false;
}

}  // namespace

void describe(Schema<StaticHost>& s) {
  s.field("addr", &StaticHost::addr, kRequired, kNotEmpty);
  s.field("port", &StaticHost::port, kRequired, in_range<uint16_t>(1, 65535));
  s.unserved({"sniAddr", "loadBalancingWeight", "healthCheckConfig"});
  s.ignored({"metadata"});
}

void describe(Schema<StaticUpstream>& s) {
  s.field("hosts", &StaticUpstream::hosts);
  s.field("useTls", &StaticUpstream::use_tls);
  s.unserved({"autoSniRewrite", "serviceSpec"});
  s.check(check_hosts);
  s.check(check_tls);
}

void describe(Schema<CircuitBreakers>& s) {
  s.field("maxConnections", &CircuitBreakers::max_connections);
  s.field("maxPendingRequests", &CircuitBreakers::max_pending_requests);
  s.field("maxRequests", &CircuitBreakers::max_requests);
  s.field("maxRetries", &CircuitBreakers::max_retries);
  s.ignored({"trackRemaining"});
}

void describe(Schema<RoundRobin>& s) { s.unserved({"slowStartConfig"}); }
void describe(Schema<LeastRequest>& s) { s.unserved({"choiceCount", "slowStartConfig"}); }
void describe(Schema<RandomChoice>& /*s*/) {}

void describe(Schema<LoadBalancer>& s) {
  s.field("roundRobin", &LoadBalancer::round_robin);
  s.field("leastRequest", &LoadBalancer::least_request);
  s.field("random", &LoadBalancer::random);
  s.unserved({"ringHash", "maglev"}, "is not served yet; round robin is used instead");
  s.one_of({"roundRobin", "leastRequest", "random", "ringHash", "maglev"});
  s.unserved({"closeConnectionsOnHostSetChange", "healthyPanicThreshold",
              "localityWeightedLbConfig", "updateMergeWindow", "useHostnameForHashing"});
}

void describe(Schema<ConnectionConfig>& s) {
  s.field("connectTimeout", &ConnectionConfig::connect_timeout, kPositive);
  s.unserved({"commonHttpProtocolOptions", "http1ProtocolOptions", "maxRequestsPerConnection",
              "perConnectionBufferLimitBytes", "tcpKeepalive"});
}

void describe(Schema<Upstream>& s) {
  s.field("static", &Upstream::static_hosts);
  s.unserved({"ai", "aws", "awsEc2", "azure", "consul", "gcp", "kube", "pipe"}, kNoEndpoints);
  s.one_of({"static", "ai", "aws", "awsEc2", "azure", "consul", "gcp", "kube", "pipe"},
           "an Upstream must say of what kind it is, such as \"static\"");
  s.unserved("sslConfig", &Upstream::ssl_config, "TLS to backends is not served yet");
  s.field("circuitBreakers", &Upstream::breakers);
  s.field("loadBalancerConfig", &Upstream::balancer);
  s.field("connectionConfig", &Upstream::connection);
  s.field("dnsRefreshRate", &Upstream::dns_refresh_rate);
  s.field("respectDnsTtl", &Upstream::respect_dns_ttl);
  s.unserved({"disableIstioAutoMtls", "failover", "healthChecks", "httpConnectHeaders",
              "httpConnectSslConfig", "httpProxyHostname", "ignoreHealthOnHostRemoval",
              "initialConnectionWindowSize", "initialStreamWindowSize", "maxConcurrentStreams",
              "outlierDetection", "overrideStreamErrorOnInvalidHttpMessage", "preconnectPolicy",
              "protocolSelection", "proxyProtocolVersion", "useHttp2"});
  s.ignored({"discoveryMetadata", "namespacedStatuses", "status"});
}

}  // namespace gnomon::config
