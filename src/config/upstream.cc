#include "config/upstream.h"

#include <sys/un.h>

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

// What a sockaddr_un can hold with its terminating zero. A leading @ means an abstract name.
struct SocketPath {
  static constexpr size_t kMax = sizeof(sockaddr_un::sun_path) - 1;
  bool operator()(const std::string& path, const Node& node, const Scope& scope) const {
    if (path.empty()) {
      scope.error(node.at(), "must not be empty");
    } else if (path.size() > kMax) {
      scope.error(node.at(), fmt::format("is {} bytes long; the path of a socket has at most {}",
                                         path.size(), kMax));
    } else if (path.find('\0') != std::string::npos) {
      scope.error(node.at(), "must not hold a zero byte");
    } else {
      return true;
    }
    return false;
  }
};

bool check_hosts(const StaticUpstream& upstream, const Node& node, const Scope& scope) {
  if (!upstream.hosts.empty()) return true;
  scope.error(node.at(), "a static Upstream needs at least one host");
  return false;
}

}  // namespace

void describe(Schema<StaticHost>& s) {
  s.field("addr", &StaticHost::addr, kRequired, kNotEmpty);
  s.field("port", &StaticHost::port, kRequired, in_range<uint16_t>(1, 65535));
  s.field("loadBalancingWeight", &StaticHost::weight, in_range<uint32_t>(1, UINT32_MAX));
  s.field("metadata", &StaticHost::metadata);
  s.unserved({"sniAddr"});
  s.unserved({"healthCheckConfig"}, kEnterprise);
}

void describe(Schema<StaticUpstream>& s) {
  s.field("hosts", &StaticUpstream::hosts);
  s.field("useTls", &StaticUpstream::use_tls);
  s.field("subsetSpec", &StaticUpstream::subsets);
  s.unserved({"autoSniRewrite", "serviceSpec"});
  s.check(check_hosts);
  s.check(check_tls);
}

void describe(Schema<PipeUpstream>& s) {
  s.field("path", &PipeUpstream::path, kRequired, SocketPath{});
  s.unserved({"serviceSpec"});
}

void describe(Schema<CircuitBreakers>& s) {
  s.field("maxConnections", &CircuitBreakers::max_connections);
  s.field("maxPendingRequests", &CircuitBreakers::max_pending_requests);
  s.field("maxRequests", &CircuitBreakers::max_requests);
  s.field("maxRetries", &CircuitBreakers::max_retries);
  s.ignored({"trackRemaining"});
}

void describe(Schema<Upstream>& s) {
  s.field("static", &Upstream::static_hosts);
  s.unserved({"ai", "aws", "awsEc2", "azure", "consul", "gcp", "kube"}, kNoEndpoints);
  s.field("pipe", &Upstream::pipe);
  s.one_of({"static", "ai", "aws", "awsEc2", "azure", "consul", "gcp", "kube", "pipe"},
           "an Upstream must say of what kind it is, such as \"static\"");
  s.unserved("sslConfig", &Upstream::ssl_config, "TLS to backends is not served yet");
  s.field("circuitBreakers", &Upstream::breakers);
  s.field("loadBalancerConfig", &Upstream::balancer);
  s.field("connectionConfig", &Upstream::connection);
  s.field("dnsRefreshRate", &Upstream::dns_refresh_rate);
  s.field("respectDnsTtl", &Upstream::respect_dns_ttl);
  s.unserved({"disableIstioAutoMtls", "failover", "httpConnectHeaders", "httpConnectSslConfig",
              "httpProxyHostname", "ignoreHealthOnHostRemoval", "initialConnectionWindowSize",
              "initialStreamWindowSize", "maxConcurrentStreams",
              "overrideStreamErrorOnInvalidHttpMessage", "preconnectPolicy", "protocolSelection",
              "useHttp2"});
  s.field("healthChecks", &Upstream::health_checks);
  s.field("outlierDetection", &Upstream::outliers);
  s.field("proxyProtocolVersion", &Upstream::proxy_protocol);
  s.ignored({"discoveryMetadata", "namespacedStatuses", "status"});
}

}  // namespace gnomon::config
