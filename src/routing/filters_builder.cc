#include "routing/filters_builder.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "routing/shadow_builder.h"

namespace gnomon::routing {
namespace {

// WebSocket passes unless it is switched off.
bool build_websocket(const std::vector<config::UpgradeConfig>& from) {
  bool websocket = true;
  for (const config::UpgradeConfig& upgrade : from) {
    if (upgrade.websocket) websocket = upgrade.websocket->enabled.value_or(true);
  }
  return websocket;
}

FaultPolicy build_faults(const config::Faults& from) {
  FaultPolicy to;
  if (from.delay) {
    to.delay_per_million = per_million(from.delay->percentage);
    to.delay = to_millis(from.delay->fixed);
  }
  if (from.abort) {
    to.abort_per_million = per_million(from.abort->percentage);
    to.abort_status = from.abort->status;
  }
  return to;
}

std::optional<uint64_t> build_body_limit(const std::optional<config::BufferPerRoute>& from) {
  if (!from) return std::nullopt;
  if (from->buffer) return from->buffer->bytes_max;
  if (from->disabled.value_or(false)) return 0;
  return std::nullopt;
}

std::shared_ptr<TokenBucket> build_bucket(const std::optional<config::RateLimit>& from) {
  if (!from || !from->local) return nullptr;
  constexpr config::Duration kSecond = std::chrono::seconds(1);
  return std::make_shared<TokenBucket>(
      TokenBucketSettings{from->local->max_tokens, from->local->tokens_per_fill.value_or(1),
                          from->local->fill_interval.value_or(kSecond)});
}

std::optional<CorsPolicy> build_cors(const Place& place, const config::Cors& from) {
  if (from.disable_for_route) return std::nullopt;
  CorsPolicy to;
  to.origins = from.allow_origin;
  for (size_t i = 0; i < from.allow_origin_regex.size(); ++i) {
    const std::string field = fmt::format("cors.allowOriginRegex[{}]", i);
    if (RegexPtr pattern = place.compile(from.allow_origin_regex[i], field)) {
      to.origin_patterns.push_back(std::move(pattern));
    }
  }
  to.allow_methods = fmt::format("{}", fmt::join(from.allow_methods, ","));
  to.allow_headers = fmt::format("{}", fmt::join(from.allow_headers, ","));
  to.expose_headers = fmt::format("{}", fmt::join(from.expose_headers, ","));
  to.max_age = from.max_age;
  to.allow_credentials = from.allow_credentials;
  return to;
}

std::vector<HashPolicy> build_hash(const config::LoadBalancerHash& from) {
  std::vector<HashPolicy> out;
  for (const config::HashPolicy& policy : from.policies) {
    HashPolicy to;
    to.terminal = policy.terminal;
    if (policy.header) {
      to.name = *policy.header;
    } else if (policy.cookie) {
      to.kind = HashPolicy::Kind::cookie;
      to.name = policy.cookie->name;
      to.cookie_path = policy.cookie->path;
      if (policy.cookie->ttl) {
        to.cookie_ttl = std::chrono::ceil<std::chrono::seconds>(*policy.cookie->ttl);
      }
    } else if (policy.source_ip.value_or(false)) {
      to.kind = HashPolicy::Kind::source_ip;
    } else {
      continue;
    }
    out.push_back(std::move(to));
  }
  return out;
}

}  // namespace

std::shared_ptr<const RouteFilters> build_host_filters(const Place& place,
                                                       const config::VirtualHostOptions& options) {
  if (!options.cors && !options.buffer && !options.rate_limit) return nullptr;
  auto filters = std::make_shared<RouteFilters>();
  if (options.cors) filters->cors = build_cors(place, *options.cors);
  filters->body_bytes_max = build_body_limit(options.buffer);
  filters->rate_limit = build_bucket(options.rate_limit);
  return filters;
}

std::shared_ptr<const RouteFilters> build_route_filters(const Place& place,
                                                        const config::RouteOptions& options,
                                                        std::shared_ptr<const RouteFilters> host,
                                                        config::CorsMerge merge) {
  if (!options.cors && !options.faults && !options.hash && !options.upgrades && !options.buffer &&
      !options.rate_limit) {
    return host;
  }
  auto filters =
      host != nullptr ? std::make_shared<RouteFilters>(*host) : std::make_shared<RouteFilters>();
  if (options.cors) {
    filters->cors = build_cors(place, *options.cors);
    if (filters->cors && merge == config::CorsMerge::join && host != nullptr && host->cors) {
      std::string& exposed = filters->cors->expose_headers;
      if (!exposed.empty() && !host->cors->expose_headers.empty()) exposed += ',';
      exposed += host->cors->expose_headers;
    }
  }
  if (options.faults) filters->faults = build_faults(*options.faults);
  if (options.hash) filters->hash = build_hash(*options.hash);
  if (options.upgrades) filters->websocket = build_websocket(*options.upgrades);
  if (const auto limit = build_body_limit(options.buffer)) filters->body_bytes_max = limit;
  if (auto bucket = build_bucket(options.rate_limit)) filters->rate_limit = std::move(bucket);
  return filters;
}

}  // namespace gnomon::routing
