// options of a route and of a virtual host.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/cors.h"
#include "config/faults.h"
#include "config/hash_policy.h"
#include "config/local_rate_limit.h"
#include "config/metadata.h"
#include "config/regex_substitution.h"
#include "config/scalar.h"
#include "config/source.h"
#include "config/upgrade.h"

namespace gnomon::config {

struct HeaderValue {
  std::string key;
  std::string value;
};

struct HeaderAdd {
  Position at;
  HeaderValue header;
  std::optional<ResourceRef> secret;  // instead of `header`: every field of a header Secret
  bool append = true;
};

struct HeaderManipulation {
  std::vector<HeaderAdd> request_add;
  std::vector<std::string> request_remove;
  std::vector<HeaderAdd> response_add;
  std::vector<std::string> response_remove;
};

struct RetryBackOff {
  Position at;
  std::optional<Duration> base;
  std::optional<Duration> max;

  // Why it cannot be used, or null. Options that nothing refers to may have it wrong.
  const char* problem() const noexcept;
};

// Backends that say when to come again.
enum class ResetHeaderFormat : uint8_t { seconds, unix_timestamp };

template <typename E>
struct EnumName;
std::span<const EnumName<ResetHeaderFormat>> enum_names(ResetHeaderFormat tag);

struct ResetHeader {
  std::string name;
  ResetHeaderFormat format = ResetHeaderFormat::seconds;
};

struct RateLimitedBackOff {
  std::vector<ResetHeader> reset_headers;
  std::optional<Duration> max;
};

// Gloo sends retries to other priorities; Upstreams here have one.
struct PreviousPriorities {
  std::optional<uint32_t> update_frequency;
};

struct Retries {
  Located<std::string> on;
  uint32_t count = 0;  // 0 means 1
  Duration per_try_timeout{};
  std::optional<RetryBackOff> back_off;
  std::vector<uint16_t> status_codes;
  std::optional<RateLimitedBackOff> rate_limited;
  std::optional<PreviousPriorities> previous_priorities;
};

struct Shadowing {
  Position at;
  ResourceRef upstream;
  std::optional<float> percentage;
  bool disable_host_suffix = false;
  std::string host_rewrite;
};

struct MaxStreamDuration {
  std::optional<Duration> total;
  std::optional<Duration> grpc_header_max;
  std::optional<Duration> grpc_header_offset;
};

struct BufferLimit {
  uint32_t bytes_max = 0;
};

struct BufferPerRoute {
  std::optional<bool> disabled;
  std::optional<BufferLimit> buffer;
};

struct RouteOptions {
  Position at;
  std::optional<Duration> timeout;
  std::optional<Duration> idle_timeout;
  std::optional<MaxStreamDuration> max_stream_duration;
  std::optional<std::string> prefix_rewrite;
  std::optional<RegexSubstitution> regex_rewrite;
  std::string host_rewrite;
  std::optional<bool> auto_host_rewrite;
  std::optional<RegexSubstitution> host_rewrite_path_regex;
  std::optional<std::string> host_rewrite_header;
  bool append_forwarded_host = false;
  std::optional<Cors> cors;
  std::optional<Faults> faults;
  std::optional<LoadBalancerHash> hash;
  std::optional<std::vector<UpgradeConfig>> upgrades;
  std::optional<BufferPerRoute> buffer;
  std::optional<RateLimit> rate_limit;
  std::optional<HeaderManipulation> headers;
  std::optional<Retries> retries;
  std::optional<Shadowing> shadowing;
};

struct VirtualHostOptions {
  Position at;
  std::optional<HeaderManipulation> headers;
  std::optional<Retries> retries;
  std::optional<Cors> cors;
  std::optional<CorsMergeSettings> cors_merge;
  std::optional<BufferPerRoute> buffer;
  std::optional<RateLimit> rate_limit;
  bool attempt_count_in_request = false;
  bool attempt_count_in_response = false;
};

struct WeightedDestinationOptions {
  std::optional<HeaderManipulation> headers;
  std::optional<BufferPerRoute> buffer;
};

void describe(Schema<HeaderValue>& s);
void describe(Schema<HeaderAdd>& s);
void describe(Schema<HeaderManipulation>& s);
void describe(Schema<RetryBackOff>& s);
void describe(Schema<ResetHeader>& s);
void describe(Schema<RateLimitedBackOff>& s);
void describe(Schema<PreviousPriorities>& s);
void describe(Schema<Retries>& s);
void describe(Schema<MaxStreamDuration>& s);
void describe(Schema<BufferLimit>& s);
void describe(Schema<BufferPerRoute>& s);
void describe(Schema<Shadowing>& s);
void describe(Schema<RouteOptions>& s);
void describe(Schema<VirtualHostOptions>& s);
void describe(Schema<WeightedDestinationOptions>& s);

}  // namespace gnomon::config
