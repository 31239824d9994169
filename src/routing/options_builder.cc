#include "routing/options_builder.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "routing/secret_headers.h"
#include "routing/shadow_builder.h"

namespace gnomon::routing {
namespace {

struct RetryCondition {
  std::string_view name;
  uint32_t bit;
};

constexpr std::array<RetryCondition, 17> kRetryConditions{{
    {"5xx", kRetry5xx},
    {"gateway-error", kRetryGatewayError},
    {"reset", kRetryReset},
    {"connect-failure", kRetryConnectFailure},
    {"retriable-4xx", kRetryRetriable4xx},
    {"refused-stream", kRetryRefusedStream},
    {"retriable-status-codes", kRetryRetriableStatusCodes},
    {"reset-before-request", kRetryResetBeforeRequest},
    {"envoy-ratelimited", kRetryEnvoyRateLimited},
    {"retriable-headers", kRetryRetriableHeaders},
    {"http3-post-connect-failure", kRetryHttp3PostConnectFailure},
    {"cancelled", kRetryGrpcCancelled},
    {"deadline-exceeded", kRetryGrpcDeadlineExceeded},
    {"internal", kRetryGrpcInternal},
    {"resource-exhausted", kRetryGrpcResourceExhausted},
    {"unavailable", kRetryGrpcUnavailable},
    {"unknown", kRetryGrpcUnknown},
}};

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

}  // namespace

HeaderEdits OptionsBuilder::build_edits(const config::HeaderManipulation& headers) {
  HeaderEdits out;
  add_level(headers.request_remove, headers.request_add, "requestHeadersToAdd", out.request);
  add_level(headers.response_remove, headers.response_add, "responseHeadersToAdd", out.response);
  return out;
}

// Removals before additions, as Envoy evaluates one level of headerManipulation.
void OptionsBuilder::add_level(const std::vector<std::string>& remove,
                               const std::vector<config::HeaderAdd>& add, std::string_view name,
                               std::vector<HeaderEdit>& out) {
  for (const std::string& header : remove) {
    out.push_back({HeaderEdit::Op::remove, header, {}, nullptr});
  }
  for (size_t i = 0; i < add.size(); ++i) {
    const config::HeaderAdd& edit = add[i];
    const auto op = edit.append ? HeaderEdit::Op::append : HeaderEdit::Op::set;
    if (edit.secret) {
      add_secret(*edit.secret, op, fmt::format("headerManipulation.{}[{}]", name, i), out);
      continue;
    }
    auto format = Template::parse(edit.header.value);
    if (!format) {
      context_.error(owner_, edit.at, format.error().message,
                     path(fmt::format("headerManipulation.{}[{}].header.value", name, i)),
                     "a literal percent sign is written %%");
    } else if (format->is_literal()) {
      out.push_back({op, edit.header.key, std::string(format->literal()), nullptr});
    } else {
      out.push_back(
          {op, edit.header.key, {}, std::make_shared<const Template>(std::move(*format))});
    }
  }
}

// Its values are taken as they are: they hold no operators. As in Gloo, only requests get them.
void OptionsBuilder::add_secret(const config::ResourceRef& ref, HeaderEdit::Op op,
                                std::string_view name, std::vector<HeaderEdit>& out) {
  const std::string field = path(fmt::format("{}.headerSecretRef", name));
  if (name.contains("responseHeadersToAdd")) {
    return context_.error(owner_, ref.at, "only headers of requests can come from a Secret", field);
  }
  for (SecretHeader& header : secret_headers(context_, owner_, ref, field)) {
    out.push_back({op, std::move(header.name), std::move(header.value), nullptr, true});
  }
}

std::string OptionsBuilder::path(std::string_view name) const {
  return name.empty() ? field_ : fmt::format("{}.{}", field_, name);
}

StreamDuration OptionsBuilder::build_stream_duration(const config::MaxStreamDuration& from) {
  StreamDuration to;
  if (from.total) to.longest = to_millis(*from.total);
  if (from.grpc_header_max) to.grpc_max = to_millis(*from.grpc_header_max);
  if (from.grpc_header_offset) to.grpc_offset = to_millis(*from.grpc_header_offset);
  return to;
}

void OptionsBuilder::build_forwarding(const config::RouteOptions& from, Route& to) {
  if (from.timeout) to.timeout = to_millis(*from.timeout);
  if (from.idle_timeout) to.idle_timeout = to_millis(*from.idle_timeout);
  if (from.max_stream_duration) {
    to.timeout = Millis(0);
    to.stream_duration = build_stream_duration(*from.max_stream_duration);
  }
  // An empty one is none to Envoy: it does not strip the prefix.
  if (!from.prefix_rewrite.value_or("").empty()) to.prefix_rewrite = from.prefix_rewrite;
  if (from.regex_rewrite) {
    to.regex_rewrite = build_regex_rewrite(*from.regex_rewrite, "regexRewrite");
    if (to.prefix_rewrite) {
      context_.error(owner_, from.regex_rewrite->at,
                     "regexRewrite and prefixRewrite exclude each other", path("regexRewrite"));
    }
  }
  build_host_rewrite(from, to.host_rewrite);
}

void OptionsBuilder::build_host_rewrite(const config::RouteOptions& from, HostRewrite& to) {
  to.append_forwarded_host = from.append_forwarded_host;
  if (!from.host_rewrite.empty()) {
    to.kind = HostRewrite::Kind::literal;
    to.text = from.host_rewrite;
  } else if (from.auto_host_rewrite.value_or(false)) {
    to.kind = HostRewrite::Kind::backend;
  } else if (from.host_rewrite_header) {
    to.kind = HostRewrite::Kind::header;
    to.text = *from.host_rewrite_header;
  } else if (from.host_rewrite_path_regex) {
    auto rewrite = build_regex_rewrite(*from.host_rewrite_path_regex, "hostRewritePathRegex");
    if (!rewrite) return;
    to.kind = HostRewrite::Kind::path_regex;
    to.regex = std::move(*rewrite);
  }
}

RegexPtr OptionsBuilder::compile(const config::Located<std::string>& pattern,
                                 std::string_view name) {
  Compiled compiled = compile_regex(pattern.value);
  if (compiled.regex == nullptr) {
    context_.error(owner_, pattern.at,
                   fmt::format("invalid regular expression: {}", compiled.error), path(name),
                   "the syntax is that of RE2, without look-around and back-references");
  }
  return std::move(compiled.regex);
}

std::optional<RegexRewrite> OptionsBuilder::build_regex_rewrite(
    const config::RegexSubstitution& from, std::string_view name) {
  const std::string field = fmt::format("{}.pattern.regex", name);
  RegexPtr pattern = compile(from.pattern.regex, field);
  if (pattern == nullptr) return std::nullopt;
  std::string problem;
  if (!pattern->CheckRewriteString(from.substitution.value, &problem)) {
    context_.error(owner_, from.substitution.at, fmt::format("invalid substitution: {}", problem),
                   path(fmt::format("{}.substitution", name)),
                   "\\1 stands for the first group of the pattern");
    return std::nullopt;
  }
  return RegexRewrite{std::move(pattern), from.substitution.value};
}

RetryPolicy OptionsBuilder::build_retries(const config::Retries& from) {
  RetryPolicy to;
  to.on = build_retry_conditions(from.on);
  to.count = from.count == 0 ? 1 : from.count;
  to.per_try_timeout = to_millis(from.per_try_timeout);
  to.status_codes = from.status_codes;
  if (from.back_off && from.back_off->problem() != nullptr) {
    context_.error(owner_, from.back_off->at, from.back_off->problem(),
                   path("retries.retryBackOff"));
  } else if (from.back_off && from.back_off->base) {
    constexpr int kDefaultSpread = 10;  // Envoy: the maximum is ten times the base
    to.base_interval = to_millis(*from.back_off->base);
    to.max_interval =
        from.back_off->max ? to_millis(*from.back_off->max) : to.base_interval * kDefaultSpread;
  }
  if (from.rate_limited) {
    for (const config::ResetHeader& header : from.rate_limited->reset_headers) {
      to.reset_headers.push_back(
          {header.name, header.format == config::ResetHeaderFormat::unix_timestamp});
    }
    if (from.rate_limited->max) to.reset_interval_max = to_millis(*from.rate_limited->max);
  }
  return to;
}

uint32_t OptionsBuilder::build_retry_conditions(const config::Located<std::string>& on) {
  uint32_t bits = 0;
  std::string_view rest = on.value;
  while (!rest.empty()) {
    std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.empty()) continue;
    const auto found = std::ranges::find(kRetryConditions, word, &RetryCondition::name);
    if (found != kRetryConditions.end()) {
      bits |= found->bit;
    } else {
      context_.warning(owner_, on.at,
                       fmt::format("retryOn: \"{}\" is not a known condition", word));
    }
  }
  return bits;
}

std::optional<CorsPolicy> OptionsBuilder::build_cors(const config::Cors& from) {
  if (from.disable_for_route) return std::nullopt;
  CorsPolicy to;
  to.origins = from.allow_origin;
  for (size_t i = 0; i < from.allow_origin_regex.size(); ++i) {
    const std::string field = fmt::format("cors.allowOriginRegex[{}]", i);
    if (RegexPtr pattern = compile(from.allow_origin_regex[i], field)) {
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

std::vector<HashPolicy> OptionsBuilder::build_hash(const config::LoadBalancerHash& from) {
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

std::shared_ptr<const RouteFilters> build_host_filters(OptionsBuilder& builder,
                                                       const config::VirtualHostOptions& options) {
  if (!options.cors && !options.buffer && !options.rate_limit) return nullptr;
  auto filters = std::make_shared<RouteFilters>();
  if (options.cors) filters->cors = builder.build_cors(*options.cors);
  filters->body_bytes_max = build_body_limit(options.buffer);
  filters->rate_limit = build_bucket(options.rate_limit);
  return filters;
}

std::shared_ptr<const RouteFilters> build_route_filters(OptionsBuilder& builder,
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
    filters->cors = builder.build_cors(*options.cors);
    if (filters->cors && merge == config::CorsMerge::join && host != nullptr && host->cors) {
      std::string& exposed = filters->cors->expose_headers;
      if (!exposed.empty() && !host->cors->expose_headers.empty()) exposed += ',';
      exposed += host->cors->expose_headers;
    }
  }
  if (options.faults) filters->faults = build_faults(*options.faults);
  if (options.hash) filters->hash = builder.build_hash(*options.hash);
  if (options.upgrades) filters->websocket = build_websocket(*options.upgrades);
  if (const auto limit = build_body_limit(options.buffer)) filters->body_bytes_max = limit;
  if (auto bucket = build_bucket(options.rate_limit)) filters->rate_limit = std::move(bucket);
  return filters;
}

}  // namespace gnomon::routing
