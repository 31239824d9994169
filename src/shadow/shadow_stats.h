// What one worker counts about its shadows. Two sums hold exactly, at rest and per shadow:
//   requests = copied + sum of dropped, and copied = answered + sum of failed (+ in flight).
#pragma once

#include <array>
#include <cstdint>

#include "base/counter.h"
#include "base/registry.h"
#include "proxy/stats.h"

namespace gnomon::shadow {

// Why no copy was made, or why one that was begun has no answer. One list for both, as an operator
// sees one label.
enum class Reason : uint8_t {
  sampled_out,       // not drawn
  method,            // the ShadowTest does not want this method
  upgrade,           // CONNECT and upgrades are never copied
  marked,            // the request is itself a copy
  no_upstream,       // the shadow's upstream is gone
  no_host,           // its upstream has no endpoint
  rate,              // limits.requestsPerSecond
  client_share,      // limits.clientShare
  budget_inflight,   // limits.inFlight, or the share of descriptors left for shadows
  budget_bytes,      // limits.bufferBytes
  breaker_open,      // the shadow has failed too often in a row
  primary_rejected,  // the live request was refused, or answered before its body was complete
  client_abort,      // the client left in the middle of its request
  connect_fail,
  tls,  // its connection could not be made because of TLS
  timeout,
  pipeline,        // lost, or late, on account of other copies on the same connection
  reset,           // the shadow closed or reset without an answer
  protocol,        // it does not speak HTTP
  response_limit,  // its answer exceeds what we read of one
  shutdown,        // the gateway is stopping
};
inline constexpr std::array kReasonNames = {"sampled_out",  "method",         "upgrade",
                                            "marked",       "no_upstream",    "no_host",
                                            "rate",         "client_share",   "budget_inflight",
                                            "budget_bytes", "breaker_open",   "primary_rejected",
                                            "client_abort", "connect_fail",   "tls",
                                            "timeout",      "pipeline",       "reset",
                                            "protocol",     "response_limit", "shutdown"};
inline constexpr size_t kReasons = kReasonNames.size();

// Why the answers of a request that was copied for a comparison were not compared. None of these
// depends on what an answer says.
enum class Uncompared : uint8_t {
  cut,           // we gave up the copy, or the request was not seen whole
  client_gone,   // the client left before its answer was complete
  budget_bytes,  // limits.bufferBytes
  queue_full,    // whoever compares is behind
};
inline constexpr std::array kUncomparedNames = {"cut", "client_gone", "budget_bytes", "queue_full"};

struct ShadowStats {
  Counter requests;                       // live requests that met this shadow's policy
  Counter copied;                         // copies begun
  std::array<Counter, kReasons> dropped;  // no copy was begun, by reason
  proxy::CodeClasses answered;            // whole answers, by class of status
  std::array<Counter, kReasons> failed;   // begun, and no whole answer, by reason
  Counter compared;                       // requests handed over with all their answers
  Counter shed;                           // of these, by digest for want of memory
  std::array<Counter, kUncomparedNames.size()> uncompared;
  Gauge in_flight;
  Gauge buffered_bytes;        // held for copies of this shadow
  DurationHistogram duration;  // of answered copies, from begin to the last byte

  void drop(Reason reason) noexcept { dropped[static_cast<size_t>(reason)].add(); }
  void pass_over(Uncompared why) noexcept { uncompared[static_cast<size_t>(why)].add(); }
  void fail(Reason reason) noexcept { failed[static_cast<size_t>(reason)].add(); }
};

using ShadowRegistry = Registry<ShadowStats>;

}  // namespace gnomon::shadow
