#include "config/route_options.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"
#include "config/transformation.h"

namespace gnomon::config {
namespace {

struct StatusCodes {
  bool operator()(const std::vector<uint16_t>& codes, const Node& node, const Scope& scope) const {
    bool good = true;
    for (size_t i = 0; i < codes.size(); ++i) {
      good &= in_range<uint16_t>(100, 599)(codes[i], *node.items()[i], scope.item(i));
    }
    return good;
  }
};

}  // namespace

const char* RetryBackOff::problem() const noexcept {
  if (!base) return max ? "maxInterval is given, but baseInterval is not" : nullptr;
  return max && *base > *max ? "baseInterval is more than maxInterval" : nullptr;
}

void describe(Schema<HeaderValue>& s) {
  s.field("key", &HeaderValue::key, kRequired, EditableName{});
  s.field("value", &HeaderValue::value, ValidHeaderValue{});
}

void describe(Schema<HeaderAdd>& s) {
  s.field("header", &HeaderAdd::header);
  s.field("append", &HeaderAdd::append);
  s.field("headerSecretRef", &HeaderAdd::secret);
  s.one_of({"header", "headerSecretRef"},
           "a header to add needs \"header\" or \"headerSecretRef\"");
}

void describe(Schema<HeaderManipulation>& s) {
  s.field("requestHeadersToAdd", &HeaderManipulation::request_add);
  s.field("requestHeadersToRemove", &HeaderManipulation::request_remove, EditableNames{});
  s.field("responseHeadersToAdd", &HeaderManipulation::response_add);
  s.field("responseHeadersToRemove", &HeaderManipulation::response_remove, EditableNames{});
}

void describe(Schema<RetryBackOff>& s) {
  s.field("baseInterval", &RetryBackOff::base, kPositive);
  s.field("maxInterval", &RetryBackOff::max, kPositive);
}

std::span<const EnumName<ResetHeaderFormat>> enum_names(ResetHeaderFormat /*tag*/) {
  static constexpr EnumName<ResetHeaderFormat> kNames[] = {
      {"SECONDS", ResetHeaderFormat::seconds},
      {"UNIX_TIMESTAMP", ResetHeaderFormat::unix_timestamp}};
  return kNames;
}

void describe(Schema<ResetHeader>& s) {
  s.field("name", &ResetHeader::name, kRequired, kNotEmpty);
  s.field("format", &ResetHeader::format);
}

void describe(Schema<RateLimitedBackOff>& s) {
  s.field("resetHeaders", &RateLimitedBackOff::reset_headers, kRequired, kNotEmpty);
  s.field("maxInterval", &RateLimitedBackOff::max, kPositive);
}

void describe(Schema<PreviousPriorities>& s) {
  s.field("updateFrequency", &PreviousPriorities::update_frequency);
}

void describe(Schema<Retries>& s) {
  s.field("retryOn", &Retries::on);
  s.field("numRetries", &Retries::count);
  s.field("perTryTimeout", &Retries::per_try_timeout, kNotNegative);
  s.field("retryBackOff", &Retries::back_off);
  s.field("retriableStatusCodes", &Retries::status_codes, StatusCodes{});
  s.field("rateLimitedRetryBackOff", &Retries::rate_limited);
  s.field("previousPriorities", &Retries::previous_priorities);
}

void describe(Schema<MaxStreamDuration>& s) {
  s.field("maxStreamDuration", &MaxStreamDuration::total, kNotNegative);
  s.field("grpcTimeoutHeaderMax", &MaxStreamDuration::grpc_header_max, kNotNegative);
  s.field("grpcTimeoutHeaderOffset", &MaxStreamDuration::grpc_header_offset, kNotNegative);
}

void describe(Schema<BufferLimit>& s) {
  s.field("maxRequestBytes", &BufferLimit::bytes_max, kRequired, kPositive);
}

void describe(Schema<BufferPerRoute>& s) {
  s.field("disabled", &BufferPerRoute::disabled);
  s.field("buffer", &BufferPerRoute::buffer);
  s.one_of({"disabled", "buffer"}, "bufferPerRoute needs buffer or disabled");
}

void describe(Schema<Shadowing>& s) {
  s.field("upstream", &Shadowing::upstream, kRequired);
  s.field("percentage", &Shadowing::percentage, in_range(0.0F, 100.0F));
  s.field("disableShadowHostSuffixAppend", &Shadowing::disable_host_suffix);
  s.field("hostRewriteLiteral", &Shadowing::host_rewrite, ValidAuthority{});
}

void describe(Schema<RouteOptions>& s) {
  s.field("timeout", &RouteOptions::timeout, kNotNegative);
  s.field("prefixRewrite", &RouteOptions::prefix_rewrite, ValidRewrite{});
  s.field("hostRewrite", &RouteOptions::host_rewrite, ValidAuthority{});
  s.field("headerManipulation", &RouteOptions::headers);
  s.field("retries", &RouteOptions::retries);
  s.field("shadowing", &RouteOptions::shadowing);
  s.field("idleTimeout", &RouteOptions::idle_timeout, kNotNegative);
  s.field("maxStreamDuration", &RouteOptions::max_stream_duration);
  s.field("regexRewrite", &RouteOptions::regex_rewrite);
  s.field("autoHostRewrite", &RouteOptions::auto_host_rewrite);
  s.field("hostRewritePathRegex", &RouteOptions::host_rewrite_path_regex);
  s.field("hostRewriteHeader", &RouteOptions::host_rewrite_header, kNotEmpty);
  s.field("appendXForwardedHost", &RouteOptions::append_forwarded_host);
  s.field("cors", &RouteOptions::cors);
  s.field("faults", &RouteOptions::faults);
  s.field("lbHash", &RouteOptions::hash);
  s.field("upgrades", &RouteOptions::upgrades);
  s.field("bufferPerRoute", &RouteOptions::buffer);
  s.field("ratelimit", &RouteOptions::rate_limit);
  s.unserved({"csrf", "envoyMetadata", "tracing"});
  s.shaped<StagedTransformations>("stagedTransformations");
  s.shaped<Transformations>("transformations");
  s.unserved({"ai", "dlp", "extProc", "extProcEarly", "extProcLate", "extauth", "jwt",
              "jwtProvidersStaged", "jwtStaged", "rateLimitConfigs", "rateLimitEarlyConfigs",
              "rateLimitRegularConfigs", "ratelimitBasic", "ratelimitEarly", "ratelimitRegular",
              "rbac", "waf"},
             kEnterprise);
  s.ignored({"extensions"});
  s.one_of({"hostRewrite", "autoHostRewrite", "hostRewritePathRegex", "hostRewriteHeader"});
  s.one_of({"jwt", "jwtStaged", "jwtProvidersStaged"});
}

void describe(Schema<VirtualHostOptions>& s) {
  s.field("headerManipulation", &VirtualHostOptions::headers);
  s.field("retries", &VirtualHostOptions::retries);
  s.field("cors", &VirtualHostOptions::cors);
  s.field("corsPolicyMergeSettings", &VirtualHostOptions::cors_merge);
  s.field("bufferPerRoute", &VirtualHostOptions::buffer);
  s.field("ratelimit", &VirtualHostOptions::rate_limit);
  s.field("includeRequestAttemptCount", &VirtualHostOptions::attempt_count_in_request);
  s.field("includeAttemptCountInResponse", &VirtualHostOptions::attempt_count_in_response);
  s.unserved({"csrf", "stats"});
  s.shaped<StagedTransformations>("stagedTransformations");
  s.shaped<Transformations>("transformations");
  s.unserved({"dlp", "extProc", "extProcEarly", "extProcLate", "extauth", "jwt", "jwtStaged",
              "rateLimitConfigs", "rateLimitEarlyConfigs", "rateLimitRegularConfigs",
              "ratelimitBasic", "ratelimitEarly", "ratelimitRegular", "rbac", "waf"},
             kEnterprise);
  s.ignored({"extensions"});
}

void describe(Schema<WeightedDestinationOptions>& s) {
  s.field("headerManipulation", &WeightedDestinationOptions::headers);
  s.field("bufferPerRoute", &WeightedDestinationOptions::buffer);
  s.unserved({"csrf"});
  s.shaped<StagedTransformations>("stagedTransformations");
  s.shaped<Transformations>("transformations");
  s.unserved({"extauth"}, kEnterprise);
  s.ignored({"extensions"});
}

}  // namespace gnomon::config
