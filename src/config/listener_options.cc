#include "config/listener_options.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

constexpr Duration kFillIntervalMin = std::chrono::milliseconds(50);  // Envoy's

bool check_interval(const Duration& value, const Node& node, const Scope& scope) {
  if (value >= kFillIntervalMin) return true;
  scope.error(node.at(), fmt::format("must be at least 50ms, is {}", node.text()));
  return false;
}

bool check_slash(const std::string& path, const Node& node, const Scope& scope) {
  if (path.starts_with('/')) return true;
  scope.error(node.at(), "the path must begin with a slash");
  return false;
}

bool check_grpc_web(const GrpcWebFilter& value, const Node& node, const Scope& scope) {
  if (!value.disable) {
    scope.warning(node.at(), "has no effect: gRPC-Web requests are passed on as they are");
  }
  return true;
}

}  // namespace

void describe(Schema<TokenBucketConfig>& s) {
  s.field("maxTokens", &TokenBucketConfig::max_tokens, kRequired, kPositive);
  s.field("tokensPerFill", &TokenBucketConfig::tokens_per_fill, kPositive);
  s.field("fillInterval", &TokenBucketConfig::fill_interval, check_interval);
}

void describe(Schema<HttpLocalRateLimit>& s) {
  s.field("defaultLimit", &HttpLocalRateLimit::limit);
  s.field("localRateLimitPerDownstreamConnection", &HttpLocalRateLimit::per_connection);
  s.field("enableXRatelimitHeaders", &HttpLocalRateLimit::headers);
}

void describe(Schema<ConnectionLimit>& s) {
  s.field("maxActiveConnections", &ConnectionLimit::max_active, kRequired, kPositive);
  s.field("delayBeforeClose", &ConnectionLimit::delay_before_close, kNotNegative);
}

void describe(Schema<HealthCheckFilter>& s) {
  s.field("path", &HealthCheckFilter::path, kRequired, check_slash);
}

void describe(Schema<BufferFilter>& s) {
  s.field("maxRequestBytes", &BufferFilter::max_request_bytes, kRequired, kPositive);
}

void describe(Schema<RouterFilter>& s) {
  s.field("suppressEnvoyHeaders", &RouterFilter::suppress_envoy_headers);
  s.ignored({"dynamicStats"});
}

void describe(Schema<GrpcWebFilter>& s) { s.field("disable", &GrpcWebFilter::disable); }

void describe(Schema<HttpListenerOptions>& s) {
  using M = HttpListenerOptions;
  s.field("httpConnectionManagerSettings", &M::connection_manager);
  s.field("healthCheck", &M::health_check);
  s.field("buffer", &M::buffer);
  s.field("connectionLimit", &M::connection_limit);
  s.field("networkLocalRatelimit", &M::network_rate_limit);
  s.field("httpLocalRatelimit", &M::http_rate_limit);
  s.field("router", &M::router);
  s.field("grpcWeb", &M::grpc_web, check_grpc_web);
  s.unserved({"gzip"}, "has no effect: answers are passed on as the backend encoded them");
  s.unserved({"csrf"}, "has no effect: requests from other origins are not refused");
  s.unserved({"grpcJsonTranscoder"}, "has no effect: nothing is translated to or from gRPC");
  s.unserved({"dynamicForwardProxy"}, "has no effect: routes go to Upstreams only");
  s.unserved({"tap"}, "has no effect: no traffic is recorded");
  s.unserved({"wasm"}, "has no effect: no WebAssembly is run");
  s.unserved({"headerValidationSettings"},
             "has no effect: methods and headers are checked as docs/http.md says");
  s.unserved({"leftmostXffAddress", "proxyLatency", "sanitizeClusterHeader", "statefulSession"});
  s.unserved({"caching", "disableExtProc", "disableExtProcEarly", "disableExtProcLate", "dlp",
              "extProc", "extProcEarly", "extProcLate", "extauth", "ratelimitServer", "waf"},
             kEnterprise);
  s.ignored({"extensions"});
}

void describe(Schema<ProxyProtocol>& s) {
  s.field("allowRequestsWithoutProxyProtocol", &ProxyProtocol::allow_without);
  s.unserved({"rules"}, "has no effect: TLVs are read over");
}

void describe(Schema<ListenerOptions>& s) {
  s.field("accessLoggingService", &ListenerOptions::access_logging);
  s.field("proxyProtocol", &ListenerOptions::proxy_protocol);
  s.field("perConnectionBufferLimitBytes", &ListenerOptions::connection_buffer_bytes, kPositive);
  s.unserved({"socketOptions"}, "has no effect: sockets keep the options that gnomon sets");
  s.unserved({"listenerAccessLoggingService"},
             "has no effect: connections are not logged, requests are");
  s.unserved({"tcpStats"}, "has no effect: the kernel's numbers are not collected");
  s.ignored({"connectionBalanceConfig", "extensions"});
}

void describe(Schema<GatewayRouteOptions>& s) {
  s.field("maxDirectResponseBodySizeBytes", &GatewayRouteOptions::max_direct_response_bytes);
  s.field("mostSpecificHeaderMutationsWins",
          &GatewayRouteOptions::most_specific_header_mutations_wins);
}

}  // namespace gnomon::config
