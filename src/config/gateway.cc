#include "config/gateway.h"

#include <algorithm>

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kNotOpened = "is not served yet; this Gateway is not opened";

// The operators that compare with one value.
bool takes_one_value(LabelOperator op) {
  return op == LabelOperator::equals || op == LabelOperator::double_equals ||
         op == LabelOperator::not_equals || op == LabelOperator::greater_than ||
         op == LabelOperator::less_than;
}

bool takes_no_value(LabelOperator op) {
  return op == LabelOperator::exists || op == LabelOperator::does_not_exist;
}

bool check_values(const LabelExpression& expression, const Node& node, const Scope& scope) {
  const size_t count = expression.values.size();
  const bool good = takes_one_value(expression.op)  ? count == 1
                    : takes_no_value(expression.op) ? count == 0
                                                    : count > 0;
  if (!good) scope.error(node.at(), "the number of values does not fit the operator");
  return good;
}

}  // namespace

std::span<const EnumName<LabelOperator>> enum_names(LabelOperator /*tag*/) {
  static constexpr EnumName<LabelOperator> kNames[] = {
      {"Equals", LabelOperator::equals},
      {"DoubleEquals", LabelOperator::double_equals},
      {"NotEquals", LabelOperator::not_equals},
      {"In", LabelOperator::in},
      {"NotIn", LabelOperator::not_in},
      {"Exists", LabelOperator::exists},
      {"DoesNotExist", LabelOperator::does_not_exist},
      {"GreaterThan", LabelOperator::greater_than},
      {"LessThan", LabelOperator::less_than}};
  return kNames;
}

// As Kubernetes' label selectors: what is negative also holds where the label is missing.
bool LabelExpression::matches(const Labels& labels) const {
  const auto label = labels.find(key);
  const bool present = label != labels.end();
  const bool among = present && std::ranges::find(values, label->second) != values.end();
  switch (op) {
    case LabelOperator::equals:
    case LabelOperator::double_equals:
    case LabelOperator::in:
      return among;
    case LabelOperator::not_equals:
    case LabelOperator::not_in:
      return !among;
    case LabelOperator::exists:
      return present;
    case LabelOperator::does_not_exist:
      return !present;
    case LabelOperator::greater_than:
    case LabelOperator::less_than: {
      const auto have = parse_int64(present ? label->second : "");
      const auto want = parse_int64(values.empty() ? "" : values[0]);
      if (!have || !want) return false;
      return op == LabelOperator::greater_than ? *have > *want : *have < *want;
    }
  }
  return false;
}

void describe(Schema<LabelExpression>& s) {
  s.field("key", &LabelExpression::key, kRequired, kNotEmpty);
  s.field("operator", &LabelExpression::op);
  s.field("values", &LabelExpression::values);
  s.check(check_values);
}

void describe(Schema<LabelExpressions>& s) {
  s.field("expressions", &LabelExpressions::expressions);
}

void describe(Schema<ConnectionManager>& s) {
  s.unserved({"acceptHttp10",
              "allowChunkedLength",
              "appendXForwardedPort",
              "codecType",
              "defaultHostForHttp10",
              "delayedCloseTimeout",
              "drainTimeout",
              "earlyHeaderManipulation",
              "enableTrailers",
              "forwardClientCertDetails",
              "generateRequestId",
              "headersWithUnderscoresAction",
              "http2ProtocolOptions",
              "idleTimeout",
              "internalAddressConfig",
              "maxConnectionDuration",
              "maxHeadersCount",
              "maxRequestHeadersKb",
              "maxRequestsPerConnection",
              "maxStreamDuration",
              "mergeSlashes",
              "normalizePath",
              "pathWithEscapedSlashesAction",
              "preserveCaseHeaderKeyFormat",
              "preserveExternalRequestId",
              "properCaseHeaderKeyFormat",
              "proxy100Continue",
              "requestHeadersTimeout",
              "requestTimeout",
              "serverHeaderTransformation",
              "serverName",
              "setCurrentClientCertDetails",
              "skipXffAppend",
              "streamIdleTimeout",
              "stripAnyHostPort",
              "tracing",
              "upgrades",
              "useRemoteAddress",
              "uuidRequestIdConfig",
              "via",
              "xffNumTrustedHops"});
  s.ignored({"extensions"});
}

void describe(Schema<HttpListenerOptions>& s) {
  s.field("httpConnectionManagerSettings", &HttpListenerOptions::connection_manager);
  s.unserved({"buffer", "connectionLimit", "csrf", "dynamicForwardProxy", "grpcJsonTranscoder",
              "grpcWeb", "gzip", "headerValidationSettings", "healthCheck", "httpLocalRatelimit",
              "leftmostXffAddress", "networkLocalRatelimit", "proxyLatency", "router",
              "sanitizeClusterHeader", "statefulSession", "tap", "wasm"});
  s.unserved({"caching", "disableExtProc", "disableExtProcEarly", "disableExtProcLate", "dlp",
              "extProc", "extProcEarly", "extProcLate", "extauth", "ratelimitServer", "waf"},
             kEnterprise);
  s.ignored({"extensions"});
}

void describe(Schema<ListenerOptions>& s) {
  s.unserved({"accessLoggingService", "connectionBalanceConfig", "listenerAccessLoggingService",
              "perConnectionBufferLimitBytes", "proxyProtocol", "socketOptions", "tcpStats"});
  s.ignored({"extensions"});
}

void describe(Schema<HttpGateway>& s) {
  s.field("virtualServices", &HttpGateway::virtual_services);
  s.field("virtualServiceSelector", &HttpGateway::selector);
  s.field("virtualServiceNamespaces", &HttpGateway::namespaces);
  s.field("virtualServiceExpressions", &HttpGateway::expressions);
  s.field("options", &HttpGateway::options);
}

void describe(Schema<Gateway>& s) {
  s.field("ssl", &Gateway::ssl);
  s.field("bindAddress", &Gateway::bind_address);
  s.field("bindPort", &Gateway::bind_port, kRequired);
  s.field("httpGateway", &Gateway::http);
  s.unserved("tcpGateway", &Gateway::tcp, kNotOpened);
  s.unserved("hybridGateway", &Gateway::hybrid, kNotOpened);
  s.one_of({"httpGateway", "tcpGateway", "hybridGateway"}, "a Gateway must have an httpGateway");
  s.field("options", &Gateway::options);
  s.unserved({"routeOptions", "useProxyProto"});
  s.ignored({"proxyNames", "namespacedStatuses", "status"});
}

}  // namespace gnomon::config
