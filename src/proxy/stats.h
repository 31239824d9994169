// What one worker counts about live traffic. Written by the worker, read by the admin thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/counter.h"
#include "base/registry.h"
#include "tls/handshake_failure.h"

namespace gnomon::proxy {

// Answers by class of status code.
class CodeClasses {
 public:
  static constexpr std::array<const char*, 5> kNames = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  void add(uint16_t status) noexcept {
    const unsigned at = status / 100u;
    if (at >= 1 && at <= kNames.size()) counters_[at - 1].add();
  }
  uint64_t value(size_t i) const noexcept { return counters_[i].value(); }
  uint64_t total() const noexcept {
    uint64_t sum = 0;
    for (const Counter& counter : counters_) sum += counter.value();
    return sum;
  }

 private:
  std::array<Counter, 5> counters_;
};

// Answers to gRPC calls, by their status: a number of its own for each that gRPC knows, one for all
// others.
class GrpcStatuses {
 public:
  static constexpr std::array<const char*, 18> kNames = {"OK",
                                                         "CANCELLED",
                                                         "UNKNOWN",
                                                         "INVALID_ARGUMENT",
                                                         "DEADLINE_EXCEEDED",
                                                         "NOT_FOUND",
                                                         "ALREADY_EXISTS",
                                                         "PERMISSION_DENIED",
                                                         "RESOURCE_EXHAUSTED",
                                                         "FAILED_PRECONDITION",
                                                         "ABORTED",
                                                         "OUT_OF_RANGE",
                                                         "UNIMPLEMENTED",
                                                         "INTERNAL",
                                                         "UNAVAILABLE",
                                                         "DATA_LOSS",
                                                         "UNAUTHENTICATED",
                                                         "other"};
  void add(uint32_t status) noexcept {
    counters_[std::min<size_t>(status, kNames.size() - 1)].add();
  }
  uint64_t value(size_t i) const noexcept { return counters_[i].value(); }

 private:
  std::array<Counter, kNames.size()> counters_;
};

// TLS handshakes with hosts that came to nothing, by cause.
class HandshakeFailures {
 public:
  static constexpr auto& kNames = tls::HandshakeFailure::kNames;
  void add(tls::HandshakeFailure::Cause cause) noexcept {
    counters_[static_cast<size_t>(cause)].add();
  }
  uint64_t value(size_t i) const noexcept { return counters_[i].value(); }

 private:
  std::array<Counter, kNames.size()> counters_;
};

// One per upstream and worker, for the live side or for the shadow side.
struct ClusterStats {
  Counter requests;   // attempts that were given to a connection
  CodeClasses codes;  // answers that came back
  Counter resets;     // attempts that ended without a whole answer
  Counter timeouts;   // attempts that we ended for being too slow
  Counter retries;
  Counter overflow_connections;  // refused by circuitBreakers.maxConnections
  Counter overflow_pending;      // ... maxPendingRequests
  Counter overflow_requests;     // ... maxRequests
  Counter overflow_retries;      // ... maxRetries
  Counter no_host;
  Counter panics;       // picks among all hosts, because too few were healthy
  Counter connections;  // opened
  Counter connect_failures;
  HandshakeFailures handshake_failures;  // those of them that TLS is to blame for
  GrpcStatuses grpc;                     // of whole answers to calls
  Gauge connections_active;
  Gauge requests_active;
  Gauge requests_pending;  // waiting for a connection
  DurationHistogram time;  // from the attempt's start to the end of its answer
};

// Why a listener turned a connection or a request away: settings of its Gateway, or want of
// descriptors.
enum class Refusal : uint8_t {
  connection_limit,  // connectionLimit
  connection_rate,   // networkLocalRatelimit
  proxy_protocol,    // no or a malformed PROXY header
  request_rate,      // httpLocalRatelimit
  path,              // pathWithEscapedSlashesAction, or an escaped NUL
  upgrade,           // upgrades
  descriptors,       // clients have taken their share of them, and none is idle
  tls_handshake,     // failed, took too long, or too many at a time
  no_gateway,        // none of a hybridGateway's is for such a connection
};

class RefusalCounters {
 public:
  static constexpr std::array<const char*, 9> kNames = {
      "connection_limit", "connection_rate", "proxy_protocol", "request_rate", "path",
      "upgrade",          "descriptors",     "tls_handshake",  "no_gateway"};
  void add(Refusal reason) noexcept { counters_[static_cast<size_t>(reason)].add(); }
  uint64_t value(size_t i) const noexcept { return counters_[i].value(); }

 private:
  std::array<Counter, kNames.size()> counters_;
};

// What HTTP/2 clients overdid until their connection was ended.
class FloodCounters {
 public:
  static constexpr std::array<const char*, 4> kNames = {"resets", "frames", "replies",
                                                        "continuations"};
  void add(size_t kind) noexcept { counters_[kind].add(); }
  uint64_t value(size_t i) const noexcept { return counters_[i].value(); }

 private:
  std::array<Counter, kNames.size()> counters_;
};

struct WorkerStats {
  Counter connections;  // client connections accepted
  Gauge connections_active;
  Counter requests;
  Gauge requests_active;
  CodeClasses codes;           // answers sent to clients, ours included
  Counter client_gone;         // requests whose client left before the answer was complete
  Counter refused;             // broken requests that the codec answered
  RefusalCounters refusals;    // by settings of listeners
  FloodCounters floods;        // connections ended for them
  DurationHistogram duration;  // from the head's arrival to the answer's last byte
  Counter bytes_received;      // bodies
  Counter bytes_sent;
  Counter access_log_dropped;  // lines that found the writer's queue full
  Registry<ClusterStats> clusters;
};

}  // namespace gnomon::proxy
