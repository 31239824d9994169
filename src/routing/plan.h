// What the proxy needs to know about a matched request, already resolved: no strings to look up, no
// configuration language left. Immutable; lives in a Snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "msg/head.h"
#include "routing/entrances.h"
#include "routing/listener_settings.h"
#include "routing/regex.h"
#include "routing/route_filters.h"
#include "routing/substitution.h"
#include "tls/client_context.h"
#include "tls/server_context.h"

namespace gnomon::routing {

// Index of a cluster in Snapshot::clusters().
using ClusterId = uint32_t;
constexpr ClusterId kNoCluster = UINT32_MAX;  // the route names an Upstream that does not exist

// One step of headerManipulation.
struct HeaderEdit {
  enum class Op : uint8_t { append, set, remove };
  Op op = Op::append;
  std::string name{};
  std::string value{};  // where there is no format
  std::shared_ptr<const Template> format{};
  bool secret = false;  // the value may not be shown
  bool operator==(const HeaderEdit&) const = default;
};

// The headerManipulation of one level.
struct HeaderEdits {
  std::vector<HeaderEdit> request;
  std::vector<HeaderEdit> response;
  bool operator==(const HeaderEdits&) const = default;
};

// Labels of endpoints that a route asks for, sorted by name; empty = any endpoint.
using Subset = std::vector<std::pair<std::string, std::string>>;

struct WeightedCluster {
  ClusterId cluster = kNoCluster;
  uint32_t weight = 1;
  std::string name{};  // for logs and errors
  Subset subset{};
  HeaderEdits edits{};
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
  kRetryRetriableHeaders = 1u << 7,
  kRetryResetBeforeRequest = 1u << 8,
  kRetryEnvoyRateLimited = 1u << 9,
  kRetryHttp3PostConnectFailure = 1u << 10,  // of HTTP/3, which is not spoken: never true
  // By grpc-status in the head of an answer.
  kRetryGrpcCancelled = 1u << 11,
  kRetryGrpcDeadlineExceeded = 1u << 12,
  kRetryGrpcInternal = 1u << 13,
  kRetryGrpcResourceExhausted = 1u << 14,
  kRetryGrpcUnavailable = 1u << 15,
  kRetryGrpcUnknown = 1u << 16,
};

// A field by which a backend says when to come again.
struct ResetHeader {
  std::string name;
  bool unix_timestamp = false;  // else seconds from now
};

struct RetryPolicy {
  uint32_t on = 0;  // RetryOn bits; 0 = never
  uint32_t count = 1;
  Millis per_try_timeout{0};  // 0 = none
  Millis base_interval{25};
  Millis max_interval{250};
  std::vector<uint16_t> status_codes;
  std::vector<ResetHeader> reset_headers;  // the first that is given counts
  Millis reset_interval_max{300'000};      // a backend that asks for more is not listened to
};

// A pattern and what replaces everything it matches.
struct RegexRewrite {
  RegexPtr pattern;
  std::string substitution;
};

// What becomes of :authority on the way to the backend.
struct HostRewrite {
  enum class Kind : uint8_t {
    keep,
    literal,
    header,      // the value of the field `text`, if there is one
    path_regex,  // `regex` applied to the path
    backend,     // the DNS name of the host that was picked
  };
  Kind kind = Kind::keep;
  std::string text;
  RegexRewrite regex;
  bool append_forwarded_host = false;  // the former one goes to x-forwarded-host
};

// Which requests are sampled together. `none` draws a fresh number for every request.
struct SampleKey {
  enum class Kind : uint8_t { none, header, cookie, client_address };
  Kind kind = Kind::none;
  std::string name;  // of the header or cookie
  std::string salt;  // equal salts nest, different salts are independent
};

// One shadow of a route: options.shadowing of Gloo, refined or added by a ShadowTest.
struct Trial;

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
  uint32_t client_per_thousand = 1000;      // copies that may be of one client; 1000 = all
  uint32_t pipelining = 1;  // copies under way at once on a connection that speaks HTTP/1
  std::shared_ptr<const Trial> trial;  // null: nobody looks at the answers
  // For the second copy that goes to the live request's own upstream; its per_million is a share of
  // the requests that this policy copies, and its cluster stays open. Null: there is none.
  std::shared_ptr<const ShadowPolicy> control;
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
  RegexPtr regex;                     // regexRewrite; null = none
  std::string substitution;           // of every match of `regex`
  bool https = false;
  bool strip_query = false;
  uint32_t port = 0;  // 0 = keep
};

// A route on the way from a VirtualService to what is done with a request.
struct RouteOrigin {
  std::string resource;  // "VirtualService gloo-system.shop", "RouteTable gloo-system.pets"
  std::string name;      // the route's own name; may be empty
  std::string field;     // "virtualHost.routes[0]"
  std::string source;    // "file:line"
};

// A place where options are written, and the names of those that are taken from it.
struct OptionsOrigin {
  std::string resource;
  std::string source;
  std::vector<std::string_view> fields;  // static
};

// maxStreamDuration. Where it is, Envoy heeds no `timeout`.
struct StreamDuration {
  // From the request's head to the answer's end; 0 = none, absent = the listener's.
  std::optional<Millis> longest;
  // The deadline of a gRPC call in its place, at most this; 0 = as it is; absent = not looked at.
  std::optional<Millis> grpc_max;
  Millis grpc_offset{0};  // what that is shortened by
};

struct Route {
  // "<namespace>.<virtual service>/<route name or index>", then for each RouteTable on the way
  // "/<namespace>.<route table>/<route name or index>"; label in logs.
  std::string name;
  std::string source;  // "file:line" of the route, for explain and the config dump
  // The VirtualService's route first, then those of the RouteTables it delegates to. Not empty.
  std::vector<RouteOrigin> origins;
  std::vector<OptionsOrigin> options;  // in order of precedence

  // Exactly one of these three is meant.
  std::vector<WeightedCluster> clusters;
  // clusterHeader: the request header that names the cluster, see Snapshot::find_cluster; empty =
  // none. `clusters` then holds one cluster that does not exist.
  std::string cluster_header;
  std::optional<DirectResponse> direct;
  std::optional<Redirect> redirect;

  uint32_t total_weight = 0;
  Millis timeout{15000};  // for the whole answer, from the end of the request; 0 = none
  std::optional<Millis> idle_timeout;  // no byte either way; 0 = none, absent = the listener's
  std::optional<StreamDuration> stream_duration;
  std::optional<std::string> prefix_rewrite;
  std::optional<RegexRewrite> regex_rewrite;  // of the path without its query
  HostRewrite host_rewrite;
  HeaderEdits edits;
  std::shared_ptr<const HeaderEdits> host_edits;  // of the virtual host; null: none
  RetryPolicy retry;
  bool attempt_count_in_request = false;  // x-envoy-attempt-count
  bool attempt_count_in_response = false;
  std::shared_ptr<const RouteFilters> filters;  // null: none
  std::vector<ShadowPolicy> shadows;
};

// What an Upstream becomes.
enum class Balance : uint8_t { round_robin, least_request, random, ring_hash, maglev };

// New and recovered endpoints get a share of the traffic that grows over a window of time.
struct SlowStart {
  Millis window{0};  // 0 = off
  double aggression = 1.0;
  double min_weight = 0.1;  // share of the weight to begin with
  bool operator==(const SlowStart&) const = default;
};

struct BalanceOptions {
  uint32_t choices = 2;  // that least_request compares
  uint64_t ring_min = 1024;
  uint64_t ring_max = 8u << 20;
  SlowStart slow_start;
  uint32_t panic_percent = 50;  // with fewer healthy endpoints all are used; 0 = never
  bool hash_hostname = false;   // ring_hash and maglev hash names instead of addresses
  bool close_on_host_change = false;
  bool operator==(const BalanceOptions&) const = default;
};

// Endpoints with the same values of some labels form a subset that routes can ask for.
struct SubsetRules {
  enum class Fallback : uint8_t { any_endpoint, default_subset, none };
  struct Selector {
    std::vector<std::string> keys;  // sorted
    bool single_host = false;
    bool operator==(const Selector&) const = default;
  };
  std::vector<Selector> selectors;  // empty = no subsets
  Fallback fallback = Fallback::any_endpoint;
  Subset default_subset;
  bool operator==(const SubsetRules&) const = default;
};

struct Endpoint {
  std::string host;  // IP address, DNS name, or path of a Unix socket
  uint16_t port = 0;
  bool is_name = false;
  bool is_pipe = false;
  uint32_t weight = 1;
  Subset labels{};            // sorted by name
  std::string server_name{};  // asked for by SNI where TLS is spoken; empty: none
};

struct Breakers {
  uint32_t max_connections = 1024;
  uint32_t max_pending_requests = 1024;
  uint32_t max_requests = 1024;
  uint32_t max_retries = 3;
  bool operator==(const Breakers&) const = default;
};

// The PROXY protocol header that begins every connection.
enum class ProxyProtocol : uint8_t { none, v1, v2 };

// What is particular about connections to an Upstream; 0 and absent mean the program's defaults.
struct ConnectionRules {
  uint32_t requests_max = 0;  // after that many a connection is closed
  bool keepalive = false;     // of TCP; what is 0 below is left to the system
  uint32_t keepalive_probes = 0;
  uint32_t keepalive_time_s = 0;
  uint32_t keepalive_interval_s = 0;
  std::optional<uint32_t> buffer_bytes;  // unsent, before the client is paused
  std::optional<Millis> idle_timeout;    // 0 = none
  uint32_t fields_max = 0;               // in a head of an answer
  Millis stream_duration_max{0};         // of an attempt, from head to end
  bool proper_case = false;              // Field-Names-Like-This
  ProxyProtocol proxy_protocol = ProxyProtocol::none;
  bool http2 = false;                     // spoken with prior knowledge
  bool follow_client = false;             // instead, what the client of the request speaks
  std::optional<uint32_t> stream_window;  // of HTTP/2: what a backend may send ahead
  std::optional<uint32_t> shared_window;  // ... on all streams of a connection
  std::optional<uint32_t> streams_max;    // at a time on one connection
};

struct HttpCheck {
  std::string host;  // empty = the endpoint's address or name
  std::string path;
  std::string method = "GET";
  std::string service;  // the answer must begin with it in x-envoy-upstream-healthchecked-cluster
  std::vector<HeaderEdit> edits;
  std::vector<std::pair<uint32_t, uint32_t>> statuses;  // [from, to); empty = 200
  bool http2 = false;
  bool operator==(const HttpCheck&) const = default;
};

// By the health checking protocol of gRPC.
struct GrpcCheck {
  std::string service;    // empty = the server as a whole
  std::string authority;  // empty = the endpoint's address or name
  std::vector<HeaderEdit> edits;
  bool operator==(const GrpcCheck&) const = default;
};

struct TcpCheck {
  std::string send;                  // bytes; empty = only connect
  std::vector<std::string> receive;  // must come in this order, with anything between
  bool operator==(const TcpCheck&) const = default;
};

struct HealthCheck {
  Millis timeout{0};
  Millis interval{0};
  Millis initial_jitter{0};
  Millis jitter{0};
  uint32_t jitter_percent = 0;
  Millis no_traffic_interval{60'000};
  Millis unhealthy_interval{0};
  Millis unhealthy_edge_interval{0};
  Millis healthy_edge_interval{0};
  uint32_t unhealthy_threshold = 1;
  uint32_t healthy_threshold = 1;
  bool reuse_connection = true;
  bool log_failures = false;
  std::optional<HttpCheck> http;  // exactly one of the three
  std::optional<GrpcCheck> grpc;
  std::optional<TcpCheck> tcp;
  bool operator==(const HealthCheck&) const = default;
};

// Endpoints that fail noticeably more than others get no traffic for a while. As in Envoy.
struct OutlierDetection {
  uint32_t consecutive_5xx = 5;
  uint32_t consecutive_gateway_failure = 5;
  uint32_t consecutive_local_failure = 5;
  Millis interval{10'000};
  Millis base_ejection{30'000};
  Millis max_ejection{300'000};
  uint32_t max_ejection_percent = 10;
  uint32_t enforcing_consecutive_5xx = 100;  // per cent of those found that are ejected
  uint32_t enforcing_consecutive_gateway_failure = 0;
  uint32_t enforcing_consecutive_local_failure = 100;
  uint32_t enforcing_success_rate = 100;
  uint32_t enforcing_local_success_rate = 100;
  uint32_t success_rate_hosts_min = 5;
  uint32_t success_rate_requests_min = 100;
  uint32_t success_rate_stdev_factor = 1900;  // thousandths
  bool split_local_errors = false;            // failures to connect are counted apart from answers
  bool operator==(const OutlierDetection&) const = default;
};

struct Cluster {
  std::string name;  // "<name>_<namespace>", as Gloo names Envoy's clusters
  std::string source;
  std::vector<Endpoint> endpoints;
  Balance balance = Balance::round_robin;
  BalanceOptions balance_options;
  SubsetRules subsets;
  Breakers breakers;
  ConnectionRules connection;
  tls::ClientContextPtr tls;  // null: clear text
  std::optional<HealthCheck> health_check;
  std::optional<OutlierDetection> outliers;
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
  ListenerSettings settings;
  tls::ServerContextsPtr tls;  // null: clear text
  Millis handshake_timeout{10'000};
  // Those of a hybrid Gateway stand one after another and share an address: their entrances say
  // which of them a connection is for, counting from the first. Null: it has its address alone.
  EntrancesPtr entrances;
  std::string chain;  // tells it from the others at its address, over reloads too
};

}  // namespace gnomon::routing
