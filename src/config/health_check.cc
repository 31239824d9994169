#include "config/health_check.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

constexpr uint32_t kPercentMax = 100;

struct KnownMethod {
  bool operator()(CheckMethod method, const Node& node, const Scope& scope) const {
    if (method != CheckMethod::connect) return true;
    scope.error(node.at(), "CONNECT opens a tunnel and cannot check anything");
    return false;
  }
};

struct Hexadecimal {
  bool operator()(const std::string& text, const Node& node, const Scope& scope) const {
    if (decode_hex(text)) return true;
    scope.error(node.at(), fmt::format("\"{}\" is not hexadecimal", text),
                "two digits for each byte, such as 50494E47 for PING");
    return false;
  }
};

bool check_range(const StatusRange& range, const Node& node, const Scope& scope) {
  if (range.start >= 100 && range.end <= 600 && range.start < range.end) return true;
  scope.error(
      node.at(),
      fmt::format("from {} to before {} is no range of status codes", range.start, range.end),
      "100 <= start < end <= 600; end itself is not expected");
  return false;
}

}  // namespace

std::optional<std::string> decode_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::span<const EnumName<CheckMethod>> enum_names(CheckMethod /*tag*/) {
  static constexpr EnumName<CheckMethod> kNames[] = {
      {"METHOD_UNSPECIFIED", CheckMethod::unspecified},
      {"GET", CheckMethod::get},
      {"HEAD", CheckMethod::head},
      {"POST", CheckMethod::post},
      {"PUT", CheckMethod::put},
      {"DELETE", CheckMethod::delete_},
      {"CONNECT", CheckMethod::connect},
      {"OPTIONS", CheckMethod::options},
      {"TRACE", CheckMethod::trace},
      {"PATCH", CheckMethod::patch}};
  return kNames;
}

void describe(Schema<StatusRange>& s) {
  s.field("start", &StatusRange::start);
  s.field("end", &StatusRange::end);
  s.check(check_range);
}

void describe(Schema<HttpHealthCheck>& s) {
  s.field("host", &HttpHealthCheck::host, ValidAuthority{});
  s.field("path", &HttpHealthCheck::path, kRequired, ValidRewrite{});
  s.field("method", &HttpHealthCheck::method, KnownMethod{});
  s.field("serviceName", &HttpHealthCheck::service_name);
  s.field("requestHeadersToAdd", &HttpHealthCheck::headers_to_add);
  s.field("requestHeadersToRemove", &HttpHealthCheck::headers_to_remove, EditableNames{});
  s.field("expectedStatuses", &HttpHealthCheck::expected_statuses);
  s.field("useHttp2", &HttpHealthCheck::use_http2);
  s.unserved({"responseAssertions"},
             "is an Enterprise feature of Gloo that is not implemented; the status decides");
}

void describe(Schema<GrpcHealthCheck>& s) {
  s.field("serviceName", &GrpcHealthCheck::service_name);
  s.field("authority", &GrpcHealthCheck::authority, ValidAuthority{});
  s.field("initialMetadata", &GrpcHealthCheck::initial_metadata);
}

void describe(Schema<CheckPayload>& s) { s.field("text", &CheckPayload::text, Hexadecimal{}); }
void describe(Schema<TcpHealthCheck>& s) {
  s.field("send", &TcpHealthCheck::send);
  s.field("receive", &TcpHealthCheck::receive);
}

void describe(Schema<HealthCheck>& s) {
  s.field("timeout", &HealthCheck::timeout, kRequired, kPositive);
  s.field("interval", &HealthCheck::interval, kRequired, kPositive);
  s.field("initialJitter", &HealthCheck::initial_jitter, kNotNegative);
  s.field("intervalJitter", &HealthCheck::interval_jitter, kNotNegative);
  s.field("intervalJitterPercent", &HealthCheck::interval_jitter_percent);
  s.field("unhealthyThreshold", &HealthCheck::unhealthy_threshold);
  s.field("healthyThreshold", &HealthCheck::healthy_threshold);
  s.field("reuseConnection", &HealthCheck::reuse_connection);
  s.field("noTrafficInterval", &HealthCheck::no_traffic_interval, kPositive);
  s.field("unhealthyInterval", &HealthCheck::unhealthy_interval, kPositive);
  s.field("unhealthyEdgeInterval", &HealthCheck::unhealthy_edge_interval, kPositive);
  s.field("healthyEdgeInterval", &HealthCheck::healthy_edge_interval, kPositive);
  s.field("alwaysLogHealthCheckFailures", &HealthCheck::always_log_failures);
  s.field("httpHealthCheck", &HealthCheck::http);
  s.field("tcpHealthCheck", &HealthCheck::tcp);
  s.field("grpcHealthCheck", &HealthCheck::grpc);
  s.unserved("customHealthCheck", &HealthCheck::custom,
             "is not implemented; the endpoints are not checked");
  s.one_of({"httpHealthCheck", "tcpHealthCheck", "grpcHealthCheck", "customHealthCheck"});
  s.unserved({"eventLogPath"}, "changes of health are written to the program's own log");
}

void describe(Schema<OutlierDetection>& s) {
  const auto percent = in_range<uint32_t>(0, kPercentMax);
  using O = OutlierDetection;
  s.field("consecutive5xx", &O::consecutive_5xx);
  s.field("interval", &O::interval, kPositive);
  s.field("baseEjectionTime", &O::base_ejection_time, kPositive);
  s.field("maxEjectionPercent", &O::max_ejection_percent, percent);
  s.field("enforcingConsecutive5xx", &O::enforcing_consecutive_5xx, percent);
  s.field("enforcingSuccessRate", &O::enforcing_success_rate, percent);
  s.field("successRateMinimumHosts", &O::success_rate_minimum_hosts);
  s.field("successRateRequestVolume", &O::success_rate_request_volume);
  s.field("successRateStdevFactor", &O::success_rate_stdev_factor);
  s.field("consecutiveGatewayFailure", &O::consecutive_gateway_failure);
  s.field("enforcingConsecutiveGatewayFailure", &O::enforcing_consecutive_gateway_failure, percent);
  s.field("splitExternalLocalOriginErrors", &O::split_external_local_origin_errors);
  s.field("consecutiveLocalOriginFailure", &O::consecutive_local_origin_failure);
  s.field("enforcingConsecutiveLocalOriginFailure", &O::enforcing_consecutive_local_origin_failure,
          percent);
  s.field("enforcingLocalOriginSuccessRate", &O::enforcing_local_origin_success_rate, percent);
}

}  // namespace gnomon::config
