#include "config/upstream.h"

#include <sys/un.h>

#include "config/discovered.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/window_size.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kNoEndpoints =
    "needs a platform that is not supported yet; the Upstream has no endpoints";
constexpr std::string_view kNoTunnel =
    "tunnels are not served yet; the Upstream has no endpoints and requests get 503";

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

// Gloo refuses the Upstream; here the host is left out, and the others are used.
bool check_host(const StaticHost& host, const Node& node, const Scope& scope) {
  if (host.addr.empty()) {
    scope.warning(node.at(), "addr cannot be empty for host; this host is left out");
    return true;
  }
  if (host.port != 0) return true;
  scope.error(node.at(), "\"port\" is missing");
  return false;
}

constexpr uint16_t kHttpsPort = 443;

// As Gloo's plugin says it.
bool check_protocol(const Upstream& upstream, const Node& node, const Scope& scope) {
  const bool http1 = upstream.connection && upstream.connection->http1;
  const bool http2 = upstream.use_http2 && upstream.use_http2->value;
  const bool both = upstream.protocol_selection == ProtocolSelection::client;
  if (!http1 || !http2 || both) return true;
  scope.error(node.at(), "connectionConfig.http1ProtocolOptions and useHttp2 exclude each other");
  return false;
}

bool check_hosts(const StaticUpstream& upstream, const Node& node, const Scope& scope) {
  if (!upstream.hosts.empty()) return true;
  scope.error(node.at(), "a static Upstream needs at least one host");
  return false;
}

}  // namespace

std::span<const EnumName<ProtocolSelection>> enum_names(ProtocolSelection /*tag*/) {
  static constexpr EnumName<ProtocolSelection> kNames[] = {
      {"USE_CONFIGURED_PROTOCOL", ProtocolSelection::configured},
      {"USE_DOWNSTREAM_PROTOCOL", ProtocolSelection::client}};
  return kNames;
}

// Gloo's rule: any host on port 443 makes all of them TLS, unless the Upstream says otherwise.
std::optional<TlsRequest> find_tls_request(const Upstream& upstream) {
  if (upstream.ssl_config) return TlsRequest{upstream.ssl_config->at, "sslConfig"};
  if (!upstream.static_hosts) return std::nullopt;
  const StaticUpstream& hosts = *upstream.static_hosts;
  if (hosts.use_tls) {
    if (!hosts.use_tls->value) return std::nullopt;
    return TlsRequest{hosts.use_tls->at, "static.useTls"};
  }
  for (size_t i = 0; i < hosts.hosts.size(); ++i) {
    if (hosts.hosts[i].addr.empty()) continue;
    if (hosts.hosts[i].port != kHttpsPort) continue;
    return TlsRequest{hosts.hosts[i].at, fmt::format("static.hosts[{}].port", i)};
  }
  return std::nullopt;
}

void describe(Schema<StaticHost>& s) {
  s.field("addr", &StaticHost::addr);
  s.field("port", &StaticHost::port, in_range<uint16_t>(1, 65535));
  s.field("loadBalancingWeight", &StaticHost::weight, in_range<uint32_t>(1, UINT32_MAX));
  s.field("metadata", &StaticHost::metadata);
  s.field("sniAddr", &StaticHost::sni_addr);
  s.unserved({"healthCheckConfig"}, kEnterprise);
  s.check(check_host);
}

void describe(Schema<StaticUpstream>& s) {
  s.field("hosts", &StaticUpstream::hosts);
  s.field("useTls", &StaticUpstream::use_tls);
  s.field("subsetSpec", &StaticUpstream::subsets);
  s.field("autoSniRewrite", &StaticUpstream::auto_sni);
  s.unserved({"serviceSpec"});
  s.check(check_hosts);
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
  s.unserved({"ai", "aws", "awsEc2", "azure", "gcp"}, kNoEndpoints);
  s.told<ConsulUpstream>("consul");
  s.told<KubeUpstream>("kube");
  s.field("pipe", &Upstream::pipe);
  s.one_of({"static", "ai", "aws", "awsEc2", "azure", "consul", "gcp", "kube", "pipe"},
           "an Upstream must say of what kind it is, such as \"static\"");
  s.field("sslConfig", &Upstream::ssl_config);
  s.field("circuitBreakers", &Upstream::breakers);
  s.field("loadBalancerConfig", &Upstream::balancer);
  s.field("connectionConfig", &Upstream::connection);
  s.field("dnsRefreshRate", &Upstream::dns_refresh_rate);
  s.field("respectDnsTtl", &Upstream::respect_dns_ttl);
  // Without the tunnel a request would reach a proxy that it is not for.
  s.unserved("httpProxyHostname", &Upstream::tunnel, kNoTunnel);
  s.unserved("httpConnectSslConfig", &Upstream::tunnel, kNoTunnel);
  s.field("useHttp2", &Upstream::use_http2);
  s.field("initialStreamWindowSize", &Upstream::stream_window, WindowSize{});
  s.field("initialConnectionWindowSize", &Upstream::connection_window, WindowSize{});
  s.field("maxConcurrentStreams", &Upstream::max_concurrent_streams,
          in_range<uint32_t>(1, INT32_MAX));
  s.field("protocolSelection", &Upstream::protocol_selection);
  // A broken answer never ends more than its own stream.
  s.ignored({"overrideStreamErrorOnInvalidHttpMessage"});
  s.unserved({"disableIstioAutoMtls", "failover", "httpConnectHeaders", "ignoreHealthOnHostRemoval",
              "preconnectPolicy"});
  s.field("healthChecks", &Upstream::health_checks);
  s.field("outlierDetection", &Upstream::outliers);
  s.field("proxyProtocolVersion", &Upstream::proxy_protocol);
  s.ignored({"discoveryMetadata", "namespacedStatuses", "status"});
  s.check(check_protocol);
}

}  // namespace gnomon::config
