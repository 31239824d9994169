#include "routing/snapshot_json.h"

#include <re2/re2.h>

#include <nlohmann/json.hpp>

#include "routing/listener_settings_json.h"

namespace gnomon::routing {
namespace {

using Json = nlohmann::ordered_json;

std::string duration(Millis value) { return std::to_string(value.count()) + "ms"; }

Json edits_json(const std::vector<HeaderEdit>& edits) {
  Json out = Json::array();
  for (const HeaderEdit& edit : edits) {
    const char* op = edit.op == HeaderEdit::Op::append ? "append"
                     : edit.op == HeaderEdit::Op::set  ? "set"
                                                       : "remove";
    Json one = {{"op", op}, {"name", edit.name}};
    if (edit.format != nullptr) {
      one["format"] = true;
    } else if (edit.op != HeaderEdit::Op::remove) {
      one["value"] = edit.secret ? "<redacted>" : edit.value;
    }
    out.push_back(std::move(one));
  }
  return out;
}

Json sample_key_json(const SampleKey& key) {
  switch (key.kind) {
    case SampleKey::Kind::none:
      return nullptr;
    case SampleKey::Kind::header:
      return {{"header", key.name}};
    case SampleKey::Kind::cookie:
      return {{"cookie", key.name}};
    case SampleKey::Kind::client_address:
      return {{"clientAddress", true}};
  }
  return nullptr;
}

Json shadow_json(const ShadowPolicy& shadow) {
  Json out;
  out["name"] = shadow.name;
  out["cluster"] = shadow.cluster_name;
  out["perMillion"] = shadow.per_million;
  out["appendHostSuffix"] = shadow.append_host_suffix;
  out["hostRewrite"] = shadow.host_rewrite;
  out["key"] = sample_key_json(shadow.key);
  out["salt"] = shadow.key.salt;
  out["methods"] = shadow.methods;
  out["timeout"] = shadow.timeout ? Json(duration(*shadow.timeout)) : Json(nullptr);
  out["requestEdits"] = edits_json(shadow.edits);
  out["inFlightMax"] = shadow.in_flight_max;
  out["bufferBytesMax"] = shadow.buffer_bytes_max;
  out["requestsPerSecond"] = shadow.requests_per_second;
  out["clientPerThousand"] = shadow.client_per_thousand;
  out["pipelining"] = shadow.pipelining;
  return out;
}

Json subset_json(const Subset& subset) {
  Json out = Json::object();
  for (const auto& [name, value] : subset) out[name] = value;
  return out;
}

Json action_json(const Route& route) {
  if (route.direct) {
    return {{"directResponse", {{"status", route.direct->status}, {"body", route.direct->body}}}};
  }
  if (route.redirect) {
    const Redirect& redirect = *route.redirect;
    return {{"redirect",
             {{"status", redirect.status},
              {"host", redirect.host},
              {"path", redirect.path},
              {"prefix", redirect.prefix ? Json(*redirect.prefix) : Json(nullptr)},
              {"regex", redirect.regex ? Json(redirect.regex->pattern()) : Json(nullptr)},
              {"substitution", redirect.substitution},
              {"https", redirect.https},
              {"stripQuery", redirect.strip_query},
              {"port", redirect.port}}}};
  }
  if (!route.cluster_header.empty()) return {{"clusterHeader", route.cluster_header}};
  Json clusters = Json::array();
  for (const WeightedCluster& cluster : route.clusters) {
    clusters.push_back({{"cluster", cluster.name},
                        {"weight", cluster.weight},
                        {"found", cluster.cluster != kNoCluster}});
    if (!cluster.subset.empty()) clusters.back()["subset"] = subset_json(cluster.subset);
  }
  return {{"clusters", std::move(clusters)}};
}

Json retry_json(const RetryPolicy& retry) {
  return {{"on", retry.on},
          {"count", retry.count},
          {"perTryTimeout", duration(retry.per_try_timeout)},
          {"baseInterval", duration(retry.base_interval)},
          {"maxInterval", duration(retry.max_interval)},
          {"statusCodes", retry.status_codes}};
}

Json value_json(const ValueCondition& value) {
  if (value.literal) return {{"exact", *value.literal}};
  if (value.regex != nullptr) return {{"regex", value.regex->pattern()}};
  return {{"present", true}};
}

Json rule_json(const RouteRule& rule) {
  Json out;
  switch (rule.kind) {
    case RouteRule::Path::prefix:
      out["prefix"] = rule.path;
      break;
    case RouteRule::Path::exact:
      out["exact"] = rule.path;
      break;
    case RouteRule::Path::regex:
      out["regex"] = rule.regex->pattern();
      break;
    case RouteRule::Path::never:
      out["never"] = true;
      break;
  }
  if (!rule.case_sensitive) out["caseSensitive"] = false;
  for (const ValueCondition& method : rule.condition.methods) {
    out["methods"].push_back(value_json(method));
  }
  for (const HeaderCondition& header : rule.condition.headers) {
    out["headers"].push_back(
        {{"name", header.name}, {"value", value_json(header.value)}, {"invert", header.invert}});
  }
  for (const QueryCondition& query : rule.condition.query) {
    out["query"].push_back({{"name", query.name}, {"value", value_json(query.value)}});
  }
  return out;
}

Json host_rewrite_json(const HostRewrite& rewrite) {
  switch (rewrite.kind) {
    case HostRewrite::Kind::keep:
      return nullptr;
    case HostRewrite::Kind::literal:
      return {{"literal", rewrite.text}};
    case HostRewrite::Kind::header:
      return {{"header", rewrite.text}};
    case HostRewrite::Kind::backend:
      return {{"backend", true}};
    case HostRewrite::Kind::path_regex:
      return {{"pattern", rewrite.regex.pattern->pattern()},
              {"substitution", rewrite.regex.substitution}};
  }
  return nullptr;
}

Json hash_json(const HashPolicy& policy) {
  switch (policy.kind) {
    case HashPolicy::Kind::header:
      return {{"header", policy.name}, {"terminal", policy.terminal}};
    case HashPolicy::Kind::cookie:
      return {{"cookie", policy.name}, {"terminal", policy.terminal}};
    case HashPolicy::Kind::source_ip:
      return {{"sourceIp", true}, {"terminal", policy.terminal}};
  }
  return nullptr;
}

Json filters_json(const RouteFilters& filters) {
  Json out = {{"websocket", filters.websocket}};
  if (filters.cors) {
    Json patterns = Json::array();
    for (const RegexPtr& pattern : filters.cors->origin_patterns) {
      patterns.push_back(pattern->pattern());
    }
    out["cors"] = {{"origins", filters.cors->origins},
                   {"originPatterns", std::move(patterns)},
                   {"allowMethods", filters.cors->allow_methods},
                   {"allowHeaders", filters.cors->allow_headers},
                   {"exposeHeaders", filters.cors->expose_headers},
                   {"maxAge", filters.cors->max_age},
                   {"allowCredentials", filters.cors->allow_credentials}};
  }
  if (filters.faults) {
    out["faults"] = {{"delayPerMillion", filters.faults->delay_per_million},
                     {"delay", duration(filters.faults->delay)},
                     {"abortPerMillion", filters.faults->abort_per_million},
                     {"abortStatus", filters.faults->abort_status}};
  }
  for (const HashPolicy& policy : filters.hash) out["hash"].push_back(hash_json(policy));
  if (filters.rate_limit != nullptr) {
    out["rateLimit"] = {{"maxTokens", filters.rate_limit->settings().max_tokens}};
  }
  if (filters.body_bytes_max) out["bodyBytesMax"] = *filters.body_bytes_max;
  return out;
}

Json stream_duration_json(const StreamDuration& limit) {
  Json out = Json::object();
  if (limit.longest) out["maxStreamDuration"] = duration(*limit.longest);
  if (limit.grpc_max) out["grpcTimeoutHeaderMax"] = duration(*limit.grpc_max);
  if (limit.grpc_offset > Millis::zero()) {
    out["grpcTimeoutHeaderOffset"] = duration(limit.grpc_offset);
  }
  return out;
}

Json options_json(const std::vector<OptionsOrigin>& options) {
  Json out = Json::array();
  for (const OptionsOrigin& origin : options) {
    out.push_back(
        {{"resource", origin.resource}, {"source", origin.source}, {"fields", origin.fields}});
  }
  return out;
}

Json route_json(const Route& route) {
  Json out;
  out["name"] = route.name;
  out["source"] = route.source;
  out["origins"] = Json::array();
  for (const RouteOrigin& origin : route.origins) {
    out["origins"].push_back({{"resource", origin.resource},
                              {"name", origin.name},
                              {"field", origin.field},
                              {"source", origin.source}});
  }
  out["options"] = options_json(route.options);
  out["match"] = Json::array();
  out["action"] = action_json(route);
  out["timeout"] = duration(route.timeout);
  if (route.prefix_rewrite) out["prefixRewrite"] = *route.prefix_rewrite;
  if (route.regex_rewrite) {
    out["regexRewrite"] = {{"pattern", route.regex_rewrite->pattern->pattern()},
                           {"substitution", route.regex_rewrite->substitution}};
  }
  if (route.host_rewrite.kind != HostRewrite::Kind::keep) {
    out["hostRewrite"] = host_rewrite_json(route.host_rewrite);
  }
  if (route.idle_timeout) out["idleTimeout"] = duration(*route.idle_timeout);
  if (route.stream_duration)
    out["maxStreamDuration"] = stream_duration_json(*route.stream_duration);
  if (route.filters != nullptr) out["filters"] = filters_json(*route.filters);
  out["requestEdits"] = edits_json(route.edits.request);
  out["responseEdits"] = edits_json(route.edits.response);
  if (route.host_edits != nullptr) {
    out["hostRequestEdits"] = edits_json(route.host_edits->request);
    out["hostResponseEdits"] = edits_json(route.host_edits->response);
  }
  if (route.retry.on != 0) out["retry"] = retry_json(route.retry);
  out["shadows"] = Json::array();
  for (const ShadowPolicy& shadow : route.shadows) out["shadows"].push_back(shadow_json(shadow));
  return out;
}

Json host_json(const VirtualHost& host) {
  Json routes = Json::array();
  for (const Route& route : host.routes) routes.push_back(route_json(route));
  for (const RouteRule& rule : host.table.rules()) {
    routes[rule.route]["match"].push_back(rule_json(rule));
  }
  return {{"name", host.name},
          {"source", host.source},
          {"domains", host.domains},
          {"options", options_json(host.options)},
          {"routes", std::move(routes)}};
}

Json endpoint_json(const Endpoint& endpoint) {
  if (endpoint.is_pipe) return {{"pipe", endpoint.host}};
  Json out = {{"host", endpoint.host}, {"port", endpoint.port}, {"dns", endpoint.is_name}};
  if (endpoint.weight != 1) out["weight"] = endpoint.weight;
  if (!endpoint.labels.empty()) out["labels"] = subset_json(endpoint.labels);
  return out;
}

Json balance_json(const BalanceOptions& options) {
  return {{"choiceCount", options.choices},
          {"minimumRingSize", options.ring_min},
          {"maximumRingSize", options.ring_max},
          {"slowStartWindow", duration(options.slow_start.window)},
          {"healthyPanicThreshold", options.panic_percent},
          {"useHostnameForHashing", options.hash_hostname},
          {"closeConnectionsOnHostSetChange", options.close_on_host_change}};
}

Json subsets_json(const SubsetRules& rules) {
  static constexpr const char* kFallback[] = {"ANY_ENDPOINT", "DEFAULT_SUBSET", "NO_FALLBACK"};
  Json selectors = Json::array();
  for (const SubsetRules::Selector& selector : rules.selectors) {
    selectors.push_back({{"keys", selector.keys}, {"singleHostPerSubset", selector.single_host}});
  }
  return {{"selectors", std::move(selectors)},
          {"fallbackPolicy", kFallback[static_cast<size_t>(rules.fallback)]},
          {"defaultSubset", subset_json(rules.default_subset)}};
}

Json connection_json(const ConnectionRules& rules) {
  static constexpr const char* kProxyProtocol[] = {"none", "V1", "V2"};
  Json out = {{"maxRequestsPerConnection", rules.requests_max},
              {"tcpKeepalive", rules.keepalive},
              {"maxHeadersCount", rules.fields_max},
              {"maxStreamDuration", duration(rules.stream_duration_max)},
              {"properCaseHeaderKeyFormat", rules.proper_case},
              {"useHttp2", rules.http2},
              {"useDownstreamProtocol", rules.follow_client},
              {"proxyProtocol", kProxyProtocol[static_cast<size_t>(rules.proxy_protocol)]}};
  if (rules.buffer_bytes) out["perConnectionBufferLimitBytes"] = *rules.buffer_bytes;
  if (rules.idle_timeout) out["idleTimeout"] = duration(*rules.idle_timeout);
  return out;
}

Json health_check_json(const HealthCheck& check) {
  return {{"kind", check.http   ? "http"
                   : check.grpc ? "grpc"
                                : "tcp"},
          {"service", check.grpc ? check.grpc->service : ""},
          {"useHttp2", check.grpc || (check.http && check.http->http2)},
          {"path", check.http ? check.http->path : ""},
          {"timeout", duration(check.timeout)},
          {"interval", duration(check.interval)},
          {"noTrafficInterval", duration(check.no_traffic_interval)},
          {"unhealthyInterval", duration(check.unhealthy_interval)},
          {"unhealthyThreshold", check.unhealthy_threshold},
          {"healthyThreshold", check.healthy_threshold}};
}

Json outliers_json(const OutlierDetection& outliers) {
  return {{"interval", duration(outliers.interval)},
          {"baseEjectionTime", duration(outliers.base_ejection)},
          {"maxEjectionPercent", outliers.max_ejection_percent},
          {"consecutive5xx", outliers.consecutive_5xx},
          {"consecutiveGatewayFailure", outliers.consecutive_gateway_failure},
          {"consecutiveLocalOriginFailure", outliers.consecutive_local_failure},
          {"splitExternalLocalOriginErrors", outliers.split_local_errors}};
}

Json cluster_json(const Cluster& cluster) {
  static constexpr const char* kBalance[] = {"roundRobin", "leastRequest", "random", "ringHash",
                                             "maglev"};
  Json endpoints = Json::array();
  for (const Endpoint& endpoint : cluster.endpoints) endpoints.push_back(endpoint_json(endpoint));
  Json out = {{"name", cluster.name},
              {"source", cluster.source},
              {"primary", cluster.primary},
              {"shadow", cluster.shadow},
              {"endpoints", std::move(endpoints)},
              {"balance", kBalance[static_cast<size_t>(cluster.balance)]},
              {"balanceOptions", balance_json(cluster.balance_options)},
              {"connection", connection_json(cluster.connection)},
              {"connectTimeout", duration(cluster.connect_timeout)},
              {"dnsRefresh", duration(cluster.dns_refresh)},
              {"respectDnsTtl", cluster.respect_dns_ttl},
              {"breakers",
               {{"maxConnections", cluster.breakers.max_connections},
                {"maxPendingRequests", cluster.breakers.max_pending_requests},
                {"maxRequests", cluster.breakers.max_requests},
                {"maxRetries", cluster.breakers.max_retries}}}};
  if (!cluster.subsets.selectors.empty()) out["subsets"] = subsets_json(cluster.subsets);
  if (cluster.tls != nullptr) out["tls"] = true;
  if (cluster.health_check) out["healthCheck"] = health_check_json(*cluster.health_check);
  if (cluster.outliers) out["outlierDetection"] = outliers_json(*cluster.outliers);
  return out;
}

}  // namespace

std::string route_json_text(const Route& route) {
  return route_json(route).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string snapshot_json(const ConfiguredSnapshot::Parts& parts) {
  Json out;
  out["version"] = 1;
  out["listeners"] = Json::array();
  for (size_t i = 0; i < parts.listeners.size(); ++i) {
    const Listener& listener = parts.listeners[i];
    Json hosts = Json::array();
    for (const uint32_t host : parts.listener_hosts[i].hosts) {
      hosts.push_back(parts.hosts[host].name);
    }
    out["listeners"].push_back({{"name", listener.name},
                                {"address", listener.address},
                                {"port", listener.port},
                                {"settings", listener_settings_json(listener.settings)},
                                {"virtualHosts", std::move(hosts)}});
  }
  out["virtualHosts"] = Json::array();
  for (const VirtualHost& host : parts.hosts) out["virtualHosts"].push_back(host_json(host));
  out["clusters"] = Json::array();
  for (const Cluster& cluster : parts.clusters) out["clusters"].push_back(cluster_json(cluster));
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gnomon::routing
