// What the proxy needs to know about a matched request, already resolved: no strings to look up, no
// configuration language left. Immutable; lives in a Snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "msg/head.h"

namespace gnomon::routing {

// Index of a cluster in Snapshot::clusters().
using ClusterId = uint32_t;
constexpr ClusterId kNoCluster = UINT32_MAX;  // the route names an Upstream that does not exist

// One step of headerManipulation.
struct HeaderEdit {
  enum class Op : uint8_t { append, set, remove };
  Op op = Op::append;
  std::string name;
  std::string value;
};

struct WeightedCluster {
  ClusterId cluster = kNoCluster;
  uint32_t weight = 1;
  std::string name;  // for logs and errors
};

// Conditions of `retryOn`, as in Envoy's x-envoy-retry-on.
enum RetryOn : uint32_t {
  kRetry5xx = 1u << 0,
  kRetryGatewayError = 1u << 1,
  kRetryReset = 1u << 2,
  kRetryConnectFailure = 1u << 3,
  kRetryRetriable4xx = 1u << 4,
  kRetryRefusedStream = 1u << 5,
  kRetryRetriableStatusCodes = 1u << 6,
};

struct RetryPolicy {
  uint32_t on = 0;  // RetryOn bits; 0 = never
  uint32_t count = 1;
  Millis per_try_timeout{0};  // 0 = none
  Millis base_interval{25};
  Millis max_interval{250};
  std::vector<uint16_t> status_codes;
};

// Which requests are sampled together. `none` draws a fresh number for every request.
struct SampleKey {
  enum class Kind : uint8_t { none, header, cookie, client_address };
  Kind kind = Kind::none;
  std::string name;  // of the header or cookie
  std::string salt;  // equal salts nest, different salts are independent
};

// One shadow of a route: options.shadowing of Gloo, refined or added by a ShadowTest.
struct ShadowPolicy {
  std::string name;  // label of its counters: "<namespace>.<name>" of its ShadowTest,
                     // else "<namespace>.<virtual service>.<route name or index>"
  ClusterId cluster = kNoCluster;
  std::string cluster_name;
  uint32_t per_million = 0;        // share of requests; 1'000'000 = all
  bool append_host_suffix = true;  // Host ends in -shadow, before the port
  std::string host_rewrite;        // replaces the whole authority and switches the suffix off
  SampleKey key;
  std::vector<std::string> methods;  // empty = all but CONNECT
  std::optional<Millis> timeout;     // total, from the copy's start; absent = the route's timeout
  std::vector<HeaderEdit> edits;
  uint32_t in_flight_max = 1000;            // copies per worker group, all workers together
  uint64_t buffer_bytes_max = 64ull << 20;  // bytes held for copies, all workers together
  double requests_per_second = 0;           // 0 = no limit
};

struct DirectResponse {
  uint16_t status = 200;
  std::string body;
};

struct Redirect {
  uint16_t status = 301;
  std::string host;                   // empty = keep
  std::string path;                   // pathRedirect; empty = keep
  std::optional<std::string> prefix;  // prefixRewrite
  bool https = false;
  bool strip_query = false;
  uint32_t port = 0;  // 0 = keep
};

struct Route {
  std::string name;    // "<namespace>.<virtual service>/<route name or index>"; label in logs
  std::string source;  // "file:line" of the route, for explain and the config dump

  // Exactly one of these three is meant.
  std::vector<WeightedCluster> clusters;
  std::optional<DirectResponse> direct;
  std::optional<Redirect> redirect;

  uint32_t total_weight = 0;
  Millis timeout{15000};  // for the whole answer, from the end of the request; 0 = none
  std::optional<std::string> prefix_rewrite;
  std::string host_rewrite;  // empty = keep
  std::vector<HeaderEdit> request_edits;
  std::vector<HeaderEdit> response_edits;
  RetryPolicy retry;
  std::vector<ShadowPolicy> shadows;
};

// What an Upstream becomes.
enum class Balance : uint8_t { round_robin, least_request, random };

struct Endpoint {
  std::string host;  // IP address or DNS name
  uint16_t port = 0;
  bool is_name = false;
};

struct Breakers {
  uint32_t max_connections = 1024;
  uint32_t max_pending_requests = 1024;
  uint32_t max_requests = 1024;
  uint32_t max_retries = 3;
  bool operator==(const Breakers&) const = default;
};

struct Cluster {
  std::string name;  // "<name>_<namespace>", as Gloo names Envoy's clusters
  std::string source;
  std::vector<Endpoint> endpoints;
  Balance balance = Balance::round_robin;
  Breakers breakers;
  Millis connect_timeout{5000};
  Millis dns_refresh{5000};
  bool respect_dns_ttl = false;
  bool primary = true;  // some route sends live requests to it
  bool shadow = false;  // some shadow policy names it
};

struct Listener {
  std::string name;
  std::string address = "::";
  uint16_t port = 8080;
};

}  // namespace gnomon::routing
