#include "proxy/stream_facts.h"

#include <string>

namespace gnomon::proxy {
namespace {

struct FlagName {
  uint32_t flag;
  std::string_view name;
  std::string_view details;  // empty: says nothing about why
};

// In the order in which Envoy prints them.
constexpr FlagName kFlagNames[] = {
    {kFlagNoHealthyUpstream, "UH", "no_healthy_upstream"},
    {kFlagConnectFailure, "UF", "upstream_reset_before_response_started{connection_failure}"},
    {kFlagOverflow, "UO", "upstream_reset_before_response_started{overflow}"},
    {kFlagNoRoute, "NR", "route_not_found"},
    {kFlagRateLimited, "RL", "local_rate_limited"},
    {kFlagDelayInjected, "DI", ""},
    {kFlagFaultInjected, "FI", "fault_filter_abort"},
    {kFlagMaxStreamDuration, "UMSDR", "upstream_max_stream_duration_reached"},
    {kFlagRetryLimit, "URX", ""},
    {kFlagNoCluster, "NC", "cluster_not_found"},
    {kFlagClientGone, "DC", "downstream_remote_disconnect"},
    {kFlagBackendReset, "UC", "upstream_reset_before_response_started{connection_termination}"},
    {kFlagResponseTimeout, "UT", "response_timeout"},
    {kFlagStreamIdleTimeout, "SI", "stream_idle_timeout"},
    {kFlagProtocolError, "UPE", "upstream_reset_before_response_started{protocol_error}"},
    {kFlagClientProtocolError, "DPE", "http1.codec_error"},
};

}  // namespace

std::string response_flags(uint32_t flags) {
  if (flags == 0) return "-";
  std::string out;
  for (const FlagName& entry : kFlagNames) {
    if ((flags & entry.flag) == 0) continue;
    if (!out.empty()) out += ',';
    out += entry.name;
  }
  return out;
}

uint32_t response_flag(std::string_view code) noexcept {
  for (const FlagName& entry : kFlagNames) {
    if (entry.name == code) return entry.flag;
  }
  return 0;
}

std::string_view response_code_details(const StreamFacts& facts) noexcept {
  if (!facts.details.empty()) return facts.details;
  for (const FlagName& entry : kFlagNames) {
    if ((facts.flags & entry.flag) != 0 && !entry.details.empty()) return entry.details;
  }
  if (facts.backend_answered) return "via_upstream";
  return facts.status != 0 ? "direct_response" : "";
}

std::string_view protocol_name(Version version) noexcept {
  switch (version) {
    case Version::http10:
      return "HTTP/1.0";
    case Version::http11:
      return "HTTP/1.1";
    case Version::http2:
      return "HTTP/2";
  }
  return "-";
}

}  // namespace gnomon::proxy
