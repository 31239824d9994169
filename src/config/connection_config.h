// What an Upstream says about the connections to its endpoints.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

template <typename T>
class Schema;
template <typename E>
struct EnumName;

struct TcpKeepalive {
  uint32_t probes = 0;  // of each, 0 leaves it to the system
  Duration time{};
  Duration interval{};
};

enum class HeadersWithUnderscores : uint8_t { allow, reject_request, drop_header };
std::span<const EnumName<HeadersWithUnderscores>> enum_names(HeadersWithUnderscores tag);

struct CommonHttpOptions {
  std::optional<Duration> idle_timeout;
  uint32_t max_headers_count = 0;
  std::optional<Duration> max_stream_duration;
  HeadersWithUnderscores underscores = HeadersWithUnderscores::allow;
};

struct Http1Options {
  std::optional<Located<bool>> enable_trailers;
  bool proper_case = false;
  bool preserve_case = false;
};

struct ConnectionConfig {
  std::optional<Duration> connect_timeout;
  uint32_t max_requests_per_connection = 0;  // 0: no limit
  std::optional<TcpKeepalive> keepalive;
  std::optional<uint32_t> buffer_limit_bytes;
  std::optional<CommonHttpOptions> common;
  std::optional<Http1Options> http1;
};

enum class ProxyProtocolVersion : uint8_t { v1, v2 };
std::span<const EnumName<ProxyProtocolVersion>> enum_names(ProxyProtocolVersion tag);

void describe(Schema<TcpKeepalive>& s);
void describe(Schema<CommonHttpOptions>& s);
void describe(Schema<Http1Options>& s);
void describe(Schema<ConnectionConfig>& s);

}  // namespace gnomon::config
