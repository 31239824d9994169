// Upstream: where requests are sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

struct StaticHost {
  Position at;
  std::string addr;
  uint16_t port = 0;
};

struct StaticUpstream {
  Position at;
  std::vector<StaticHost> hosts;
  std::optional<Located<bool>> use_tls;  // absent: TLS if any port is 443
};

struct CircuitBreakers {
  std::optional<uint32_t> max_connections;
  std::optional<uint32_t> max_pending_requests;
  std::optional<uint32_t> max_requests;
  std::optional<uint32_t> max_retries;
};

struct RoundRobin {};
struct LeastRequest {};
struct RandomChoice {};

struct LoadBalancer {
  std::optional<RoundRobin> round_robin;
  std::optional<LeastRequest> least_request;
  std::optional<RandomChoice> random;
};

struct ConnectionConfig {
  std::optional<Duration> connect_timeout;
};

struct Upstream {
  Metadata metadata;
  std::optional<StaticUpstream> static_hosts;  // absent: a kind that is not served yet
  Located<bool> ssl_config;
  std::optional<CircuitBreakers> breakers;
  std::optional<LoadBalancer> balancer;
  std::optional<ConnectionConfig> connection;
  std::optional<Located<Duration>> dns_refresh_rate;
  bool respect_dns_ttl = false;
};

void describe(Schema<StaticHost>& s);
void describe(Schema<StaticUpstream>& s);
void describe(Schema<CircuitBreakers>& s);
void describe(Schema<RoundRobin>& s);
void describe(Schema<LeastRequest>& s);
void describe(Schema<RandomChoice>& s);
void describe(Schema<LoadBalancer>& s);
void describe(Schema<ConnectionConfig>& s);
void describe(Schema<Upstream>& s);

}  // namespace gnomon::config
