#include "config/connection_config.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

// Trailers are passed on whatever is said; who asks for the opposite shall know.
struct TrailersPass {
  bool operator()(bool enabled, const Node& node, const Scope& scope) const {
    if (!enabled) scope.warning(node.at(), "trailers are always passed on");
    return true;
  }
};

}  // namespace

std::span<const EnumName<HeadersWithUnderscores>> enum_names(HeadersWithUnderscores /*tag*/) {
  static constexpr EnumName<HeadersWithUnderscores> kNames[] = {
      {"ALLOW", HeadersWithUnderscores::allow},
      {"REJECT_CLIENT_REQUEST", HeadersWithUnderscores::reject_request},
      {"REJECT_REQUEST", HeadersWithUnderscores::reject_request},
      {"DROP_HEADER", HeadersWithUnderscores::drop_header}};
  return kNames;
}

std::span<const EnumName<ProxyProtocolVersion>> enum_names(ProxyProtocolVersion /*tag*/) {
  static constexpr EnumName<ProxyProtocolVersion> kNames[] = {{"V1", ProxyProtocolVersion::v1},
                                                              {"V2", ProxyProtocolVersion::v2}};
  return kNames;
}

void describe(Schema<TcpKeepalive>& s) {
  s.field("keepaliveProbes", &TcpKeepalive::probes, in_range<uint32_t>(0, 127));
  s.field("keepaliveTime", &TcpKeepalive::time, kNotNegative);
  s.field("keepaliveInterval", &TcpKeepalive::interval, kNotNegative);
}

void describe(Schema<CommonHttpOptions>& s) {
  s.field("idleTimeout", &CommonHttpOptions::idle_timeout, kNotNegative);
  s.field("maxHeadersCount", &CommonHttpOptions::max_headers_count);
  s.field("maxStreamDuration", &CommonHttpOptions::max_stream_duration, kNotNegative);
  s.field("headersWithUnderscoresAction", &CommonHttpOptions::underscores);
}

void describe(Schema<Http1Options>& s) {
  s.field("enableTrailers", &Http1Options::enable_trailers, TrailersPass{});
  s.field("properCaseHeaderKeyFormat", &Http1Options::proper_case);
  s.field("preserveCaseHeaderKeyFormat", &Http1Options::preserve_case);
  s.one_of({"properCaseHeaderKeyFormat", "preserveCaseHeaderKeyFormat"});
  s.unserved({"overrideStreamErrorOnInvalidHttpMessage"});
}

void describe(Schema<ConnectionConfig>& s) {
  s.field("connectTimeout", &ConnectionConfig::connect_timeout, kPositive);
  s.field("maxRequestsPerConnection", &ConnectionConfig::max_requests_per_connection);
  s.field("tcpKeepalive", &ConnectionConfig::keepalive);
  s.field("perConnectionBufferLimitBytes", &ConnectionConfig::buffer_limit_bytes, kPositive);
  s.field("commonHttpProtocolOptions", &ConnectionConfig::common);
  s.field("http1ProtocolOptions", &ConnectionConfig::http1);
}

}  // namespace gnomon::config
