// Upstream: where requests are sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/connection_config.h"
#include "config/health_check.h"
#include "config/load_balancer.h"
#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"
#include "config/ssl.h"

namespace gnomon::config {

struct StaticHost {
  Position at;
  std::string addr;
  uint16_t port = 0;
  std::optional<uint32_t> weight;
  std::optional<HostMetadata> metadata;
  std::string sni_addr;  // asked for by SNI instead of addr
};

struct StaticUpstream {
  Position at;
  std::vector<StaticHost> hosts;
  std::optional<Located<bool>> use_tls;  // absent: TLS if any port is 443
  std::optional<bool> auto_sni;          // addr is asked for by SNI; absent: yes
  std::optional<SubsetSpec> subsets;
};

// A Unix socket.
struct PipeUpstream {
  Located<std::string> path;
};

enum class ProtocolSelection : uint8_t { configured, client };
std::span<const EnumName<ProtocolSelection>> enum_names(ProtocolSelection tag);

struct CircuitBreakers {
  std::optional<uint32_t> max_connections;
  std::optional<uint32_t> max_pending_requests;
  std::optional<uint32_t> max_requests;
  std::optional<uint32_t> max_retries;
};

struct Upstream {
  Metadata metadata;
  std::optional<StaticUpstream> static_hosts;  // neither of the two: a kind not served yet
  std::optional<PipeUpstream> pipe;
  std::optional<UpstreamSslConfig> ssl_config;
  Located<bool> tunnel;  // through a proxy, by CONNECT
  std::optional<CircuitBreakers> breakers;
  std::optional<LoadBalancer> balancer;
  std::optional<ConnectionConfig> connection;
  std::optional<Located<Duration>> dns_refresh_rate;
  bool respect_dns_ttl = false;
  std::vector<HealthCheck> health_checks;
  std::optional<OutlierDetection> outliers;
  std::optional<ProxyProtocolVersion> proxy_protocol;
  std::optional<Located<bool>> use_http2;
  std::optional<uint32_t> stream_window;  // see served_window()
  std::optional<uint32_t> connection_window;
  std::optional<uint32_t> max_concurrent_streams;
  ProtocolSelection protocol_selection = ProtocolSelection::configured;
};

// What in an Upstream says that TLS is to be spoken to its backends.
struct TlsRequest {
  Position at;
  std::string field;
};
std::optional<TlsRequest> find_tls_request(const Upstream& upstream);

void describe(Schema<StaticHost>& s);
void describe(Schema<StaticUpstream>& s);
void describe(Schema<PipeUpstream>& s);
void describe(Schema<CircuitBreakers>& s);
void describe(Schema<Upstream>& s);

}  // namespace gnomon::config
