#include "routing/snapshot_json.h"

#include <re2/re2.h>

#include <nlohmann/json.hpp>

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
    if (edit.op != HeaderEdit::Op::remove) one["value"] = edit.value;
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
              {"https", redirect.https},
              {"stripQuery", redirect.strip_query},
              {"port", redirect.port}}}};
  }
  Json clusters = Json::array();
  for (const WeightedCluster& cluster : route.clusters) {
    clusters.push_back({{"cluster", cluster.name},
                        {"weight", cluster.weight},
                        {"found", cluster.cluster != kNoCluster}});
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

Json route_json(const Route& route) {
  Json out;
  out["name"] = route.name;
  out["source"] = route.source;
  out["match"] = Json::array();
  out["action"] = action_json(route);
  out["timeout"] = duration(route.timeout);
  if (route.prefix_rewrite) out["prefixRewrite"] = *route.prefix_rewrite;
  if (!route.host_rewrite.empty()) out["hostRewrite"] = route.host_rewrite;
  out["requestEdits"] = edits_json(route.request_edits);
  out["responseEdits"] = edits_json(route.response_edits);
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
          {"routes", std::move(routes)}};
}

Json cluster_json(const Cluster& cluster) {
  static constexpr const char* kBalance[] = {"roundRobin", "leastRequest", "random"};
  Json endpoints = Json::array();
  for (const Endpoint& endpoint : cluster.endpoints) {
    endpoints.push_back(
        {{"host", endpoint.host}, {"port", endpoint.port}, {"dns", endpoint.is_name}});
  }
  return {{"name", cluster.name},
          {"source", cluster.source},
          {"primary", cluster.primary},
          {"shadow", cluster.shadow},
          {"endpoints", std::move(endpoints)},
          {"balance", kBalance[static_cast<size_t>(cluster.balance)]},
          {"connectTimeout", duration(cluster.connect_timeout)},
          {"dnsRefresh", duration(cluster.dns_refresh)},
          {"respectDnsTtl", cluster.respect_dns_ttl},
          {"breakers",
           {{"maxConnections", cluster.breakers.max_connections},
            {"maxPendingRequests", cluster.breakers.max_pending_requests},
            {"maxRequests", cluster.breakers.max_requests},
            {"maxRetries", cluster.breakers.max_retries}}}};
}

}  // namespace

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
                                {"virtualHosts", std::move(hosts)}});
  }
  out["virtualHosts"] = Json::array();
  for (const VirtualHost& host : parts.hosts) out["virtualHosts"].push_back(host_json(host));
  out["clusters"] = Json::array();
  for (const Cluster& cluster : parts.clusters) out["clusters"].push_back(cluster_json(cluster));
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gnomon::routing
