// What a Gateway's options say about its listener, below HTTP and about HTTP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/access_logging.h"
#include "config/connection_manager.h"

namespace gnomon::config {

struct TokenBucketConfig {
  uint32_t max_tokens = 0;
  uint32_t tokens_per_fill = 1;
  Duration fill_interval{std::chrono::seconds(1)};
};

struct HttpLocalRateLimit {
  std::optional<TokenBucketConfig> limit;
  bool per_connection = false;
  bool headers = false;
};

struct ConnectionLimit {
  uint32_t max_active = 0;
  Duration delay_before_close{};
};

struct HealthCheckFilter {
  std::string path;
};

struct BufferFilter {
  uint32_t max_request_bytes = 0;
};

struct RouterFilter {
  bool suppress_envoy_headers = false;
};

struct GrpcWebFilter {
  bool disable = false;
};

struct HttpListenerOptions {
  std::optional<ConnectionManager> connection_manager;
  std::optional<HealthCheckFilter> health_check;
  std::optional<BufferFilter> buffer;
  std::optional<ConnectionLimit> connection_limit;
  std::optional<TokenBucketConfig> network_rate_limit;
  std::optional<HttpLocalRateLimit> http_rate_limit;
  std::optional<RouterFilter> router;
  std::optional<GrpcWebFilter> grpc_web;
};

struct ProxyProtocol {
  bool allow_without = false;
};

struct ListenerOptions {
  std::optional<AccessLogging> access_logging;
  std::optional<ProxyProtocol> proxy_protocol;
  std::optional<uint32_t> connection_buffer_bytes;
};

// routeOptions of a Gateway.
struct GatewayRouteOptions {
  // Envoy's default; it refuses a configuration with a longer direct response.
  uint32_t max_direct_response_bytes = 4096;
  bool most_specific_header_mutations_wins = false;
};

void describe(Schema<TokenBucketConfig>& s);
void describe(Schema<HttpLocalRateLimit>& s);
void describe(Schema<ConnectionLimit>& s);
void describe(Schema<HealthCheckFilter>& s);
void describe(Schema<BufferFilter>& s);
void describe(Schema<RouterFilter>& s);
void describe(Schema<GrpcWebFilter>& s);
void describe(Schema<HttpListenerOptions>& s);
void describe(Schema<ProxyProtocol>& s);
void describe(Schema<ListenerOptions>& s);
void describe(Schema<GatewayRouteOptions>& s);

}  // namespace gnomon::config
