#include "config/route_options.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

// Envoy's commands, such as %REQ(:path)%; %% is a single percent sign.
struct NoCommands {
  bool operator()(const std::string& value, const Node& node, const Scope& scope) const {
    for (size_t at = value.find('%'); at != std::string::npos; at = value.find('%', at + 2)) {
      if (at + 1 < value.size() && value[at + 1] == '%') continue;
      scope.warning(node.at(), "% commands are not expanded yet; the value is sent as it stands",
                    "a literal percent sign is written %%");
      break;
    }
    return true;
  }
};

bool check_back_off(const RetryBackOff& back_off, const Node& node, const Scope& scope) {
  if (!back_off.base) {
    if (!back_off.max) return true;
    scope.error(node.at(), "maxInterval is given, but baseInterval is not");
    return false;
  }
  if (!back_off.max || *back_off.base <= *back_off.max) return true;
  scope.error(node.at(), "baseInterval is more than maxInterval");
  return false;
}

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

void describe(Schema<HeaderValue>& s) {
  s.field("key", &HeaderValue::key, kRequired, EditableName{});
  s.field("value", &HeaderValue::value, ValidHeaderValue{}, NoCommands{});
}

void describe(Schema<HeaderAdd>& s) {
  s.field("header", &HeaderAdd::header);
  s.field("append", &HeaderAdd::append);
  s.unserved({"headerSecretRef"});
  s.one_of({"header", "headerSecretRef"}, "a header to add needs \"header\"");
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
  s.check(check_back_off);
}

void describe(Schema<Retries>& s) {
  s.field("retryOn", &Retries::on);
  s.field("numRetries", &Retries::count);
  s.field("perTryTimeout", &Retries::per_try_timeout, kNotNegative);
  s.field("retryBackOff", &Retries::back_off);
  s.field("retriableStatusCodes", &Retries::status_codes, StatusCodes{});
  s.unserved({"previousPriorities", "rateLimitedRetryBackOff"});
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
  s.unserved({"appendXForwardedHost", "autoHostRewrite", "bufferPerRoute", "cors", "csrf",
              "envoyMetadata", "faults", "hostRewriteHeader", "hostRewritePathRegex", "idleTimeout",
              "lbHash", "maxStreamDuration", "ratelimit", "regexRewrite", "stagedTransformations",
              "tracing", "transformations", "upgrades"});
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
  s.unserved({"bufferPerRoute", "cors", "corsPolicyMergeSettings", "csrf",
              "includeAttemptCountInResponse", "includeRequestAttemptCount", "ratelimit",
              "stagedTransformations", "stats", "transformations"});
  s.unserved({"dlp", "extProc", "extProcEarly", "extProcLate", "extauth", "jwt", "jwtStaged",
              "rateLimitConfigs", "rateLimitEarlyConfigs", "rateLimitRegularConfigs",
              "ratelimitBasic", "ratelimitEarly", "ratelimitRegular", "rbac", "waf"},
             kEnterprise);
  s.ignored({"extensions"});
}

}  // namespace gnomon::config
