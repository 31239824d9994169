// How an Upstream tells which of its endpoints are well: by asking them, and by watching how they
// answer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/route_options.h"
#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

template <typename E>
struct EnumName;

enum class CheckMethod : uint8_t {
  unspecified,
  get,
  head,
  post,
  put,
  delete_,
  connect,
  options,
  trace,
  patch
};
std::span<const EnumName<CheckMethod>> enum_names(CheckMethod tag);

// First and one past the last.
struct StatusRange {
  uint32_t start = 0;
  uint32_t end = 0;
};

struct HttpHealthCheck {
  std::string host;
  std::string path;
  CheckMethod method = CheckMethod::unspecified;
  std::string service_name;
  std::vector<HeaderAdd> headers_to_add;
  std::vector<std::string> headers_to_remove;
  std::vector<StatusRange> expected_statuses;
  bool use_http2 = false;
};

struct GrpcHealthCheck {
  std::string service_name;
  std::string authority;
  std::vector<HeaderAdd> initial_metadata;
};

// Bytes, written in hexadecimal.
struct CheckPayload {
  std::string text;
};

struct TcpHealthCheck {
  std::optional<CheckPayload> send;
  std::vector<CheckPayload> receive;
};

struct HealthCheck {
  Position at;
  std::optional<Duration> timeout;
  std::optional<Duration> interval;
  std::optional<Duration> initial_jitter;
  std::optional<Duration> interval_jitter;
  uint32_t interval_jitter_percent = 0;
  std::optional<uint32_t> unhealthy_threshold;
  std::optional<uint32_t> healthy_threshold;
  std::optional<bool> reuse_connection;
  std::optional<Duration> no_traffic_interval;
  std::optional<Duration> unhealthy_interval;
  std::optional<Duration> unhealthy_edge_interval;
  std::optional<Duration> healthy_edge_interval;
  bool always_log_failures = false;
  std::optional<HttpHealthCheck> http;
  std::optional<TcpHealthCheck> tcp;
  std::optional<GrpcHealthCheck> grpc;
  Located<bool> custom;
};

struct OutlierDetection {
  Position at;
  std::optional<uint32_t> consecutive_5xx;
  std::optional<Duration> interval;
  std::optional<Duration> base_ejection_time;
  std::optional<uint32_t> max_ejection_percent;
  std::optional<uint32_t> enforcing_consecutive_5xx;
  std::optional<uint32_t> enforcing_success_rate;
  std::optional<uint32_t> success_rate_minimum_hosts;
  std::optional<uint32_t> success_rate_request_volume;
  std::optional<uint32_t> success_rate_stdev_factor;
  std::optional<uint32_t> consecutive_gateway_failure;
  std::optional<uint32_t> enforcing_consecutive_gateway_failure;
  bool split_external_local_origin_errors = false;
  std::optional<uint32_t> consecutive_local_origin_failure;
  std::optional<uint32_t> enforcing_consecutive_local_origin_failure;
  std::optional<uint32_t> enforcing_local_origin_success_rate;
};

void describe(Schema<StatusRange>& s);
void describe(Schema<HttpHealthCheck>& s);
void describe(Schema<GrpcHealthCheck>& s);
void describe(Schema<CheckPayload>& s);
void describe(Schema<TcpHealthCheck>& s);
void describe(Schema<HealthCheck>& s);
void describe(Schema<OutlierDetection>& s);

// The bytes of a CheckPayload; nothing if it is not hexadecimal.
std::optional<std::string> decode_hex(std::string_view text);

}  // namespace gnomon::config
