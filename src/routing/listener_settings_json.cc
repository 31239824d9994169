#include "routing/listener_settings_json.h"

#include <nlohmann/json.hpp>

namespace gnomon::routing {
namespace {

using Json = nlohmann::ordered_json;

std::string duration(Millis value) { return std::to_string(value.count()) + "ms"; }

void put(Json& out, const char* name, const std::optional<Millis>& value) {
  if (value) out[name] = duration(*value);
}

void put(Json& out, const char* name, Millis value) {
  if (value > Millis::zero()) out[name] = duration(value);
}

template <typename Number>
void put(Json& out, const char* name, const std::optional<Number>& value) {
  if (value) out[name] = *value;
}

Json identity_json(const IdentitySettings& identity) {
  static constexpr const char* kForward[] = {"sanitize", "forwardOnly", "appendForward",
                                             "sanitizeSet", "alwaysForwardOnly"};
  return {{"appendXForwardedFor", identity.append_forwarded_for},
          {"useRemoteAddress", identity.use_remote_address},
          {"tellExternalAddress", identity.tell_external_address},
          {"xffNumTrustedHops", identity.trusted_hops},
          {"generateRequestId", identity.generate_request_id},
          {"preserveRequestId", identity.preserve_request_id},
          {"internalRanges", identity.internal.size()},
          {"appendXForwardedPort", identity.append_forwarded_port},
          {"forwardClientCert", kForward[static_cast<size_t>(identity.client_cert.forward)]},
          {"via", identity.via}};
}

Json path_json(const PathSettings& path) {
  static constexpr const char* kSlashes[] = {"keep", "reject", "redirect", "unescape"};
  return {{"normalize", path.normalize},
          {"mergeSlashes", path.merge_slashes},
          {"escapedSlashes", kSlashes[static_cast<size_t>(path.escaped_slashes)]}};
}

Json codec_json(const CodecSettings& codec) {
  static constexpr const char* kUnderscores[] = {"allow", "reject", "drop"};
  static constexpr const char* kCodecs[] = {"AUTO", "HTTP1", "HTTP2"};
  Json out = {{"codecType", kCodecs[static_cast<size_t>(codec.codec)]},
              {"acceptHttp10", codec.accept_http10},
              {"trailers", codec.trailers},
              {"properCase", codec.proper_case},
              {"headersWithUnderscores", kUnderscores[static_cast<size_t>(codec.underscores)]}};
  put(out, "requestHeadersTimeout", codec.header_timeout);
  put(out, "idleTimeout", codec.idle_timeout);
  put(out, "requestTimeout", codec.request_timeout);
  put(out, "streamIdleTimeout", codec.stream_idle_timeout);
  put(out, "delayedCloseTimeout", codec.linger_timeout);
  put(out, "drainTimeout", codec.drain_timeout);
  put(out, "maxConnectionDuration", codec.max_connection_duration);
  put(out, "maxStreamDuration", codec.max_stream_duration);
  put(out, "maxRequestHeadersBytes", codec.head_bytes);
  put(out, "maxHeadersCount", codec.fields);
  put(out, "maxConcurrentStreams", codec.streams_max);
  put(out, "initialStreamWindowSize", codec.stream_window);
  put(out, "initialConnectionWindowSize", codec.connection_window);
  put(out, "maxRequestBytes", codec.request_body_bytes);
  put(out, "perConnectionBufferLimitBytes", codec.unsent_bytes);
  if (codec.max_requests > 0) out["maxRequestsPerConnection"] = codec.max_requests;
  if (!codec.default_host.empty()) out["defaultHostForHttp10"] = codec.default_host;
  return out;
}

Json bucket_json(const TokenBucketSettings& bucket) {
  return {{"maxTokens", bucket.max_tokens},
          {"tokensPerFill", bucket.tokens_per_fill},
          {"fillInterval", duration(std::chrono::ceil<Millis>(bucket.fill_interval))}};
}

Json connections_json(const ConnectionSettings& connections) {
  static constexpr const char* kProxyProtocol[] = {"off", "optional", "required"};
  Json out = {{"proxyProtocol", kProxyProtocol[static_cast<size_t>(connections.proxy_protocol)]}};
  if (connections.max_active > 0) out["maxActive"] = connections.max_active;
  put(out, "delayBeforeClose", connections.delay_before_close);
  if (connections.rate) out["rateLimit"] = bucket_json(*connections.rate);
  return out;
}

Json rate_json(const RequestRate& rate) {
  Json out = bucket_json(rate.bucket);
  out["perConnection"] = rate.per_connection;
  out["headers"] = rate.headers;
  return out;
}

Json early_json(const std::vector<EarlyHeader>& edits) {
  static constexpr const char* kOps[] = {"append", "set", "remove"};
  Json out = Json::array();
  for (const EarlyHeader& edit : edits) {
    out.push_back({{"op", kOps[static_cast<size_t>(edit.op)]}, {"name", edit.name}});
  }
  return out;
}

}  // namespace

Json listener_settings_json(const ListenerSettings& settings) {
  static constexpr const char* kServer[] = {"passThrough", "appendIfAbsent", "overwrite"};
  Json out;
  out["identity"] = identity_json(settings.identity);
  out["path"] = path_json(settings.path);
  out["codec"] = codec_json(settings.codec);
  out["connections"] = connections_json(settings.connections);
  out["serverHeader"] = kServer[static_cast<size_t>(settings.server_header)];
  if (settings.server_header != ServerHeader::pass_through) out["server"] = settings.server_name;
  out["stripHostPort"] = settings.strip_host_port;
  out["websocket"] = settings.websocket;
  out["suppressEnvoyHeaders"] = settings.suppress_envoy_headers;
  out["mostSpecificHeaderMutationsWins"] = settings.most_specific_header_mutations_wins;
  if (!settings.early_headers.empty()) out["earlyHeaders"] = early_json(settings.early_headers);
  if (!settings.health_check_path.empty()) out["healthCheckPath"] = settings.health_check_path;
  if (settings.request_rate) out["rateLimit"] = rate_json(*settings.request_rate);
  for (const AccessLogPlan& log : settings.access_logs) {
    out["accessLogs"].push_back({{"path", log.path},
                                 {"format", log.json.empty() ? "string" : "json"},
                                 {"filtered", log.filter.has_value()}});
  }
  return out;
}

}  // namespace gnomon::routing
