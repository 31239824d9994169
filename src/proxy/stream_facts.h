// What is known about one exchange, while it lasts or when it has ended. Views are valid only
// during the call that they are handed to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "msg/head.h"
#include "net/address.h"
#include "tls/facts.h"

namespace gnomon::proxy {

// Envoy's response flags, as far as they can happen here.
enum ResponseFlag : uint32_t {
  kFlagNoHealthyUpstream = 1u << 0,     // UH
  kFlagConnectFailure = 1u << 1,        // UF
  kFlagOverflow = 1u << 2,              // UO
  kFlagNoRoute = 1u << 3,               // NR
  kFlagRetryLimit = 1u << 4,            // URX
  kFlagNoCluster = 1u << 5,             // NC
  kFlagClientGone = 1u << 6,            // DC
  kFlagBackendReset = 1u << 7,          // UC, connection terminated by the backend
  kFlagResponseTimeout = 1u << 8,       // UT
  kFlagStreamIdleTimeout = 1u << 9,     // SI
  kFlagProtocolError = 1u << 10,        // UPE, the backend broke HTTP
  kFlagClientProtocolError = 1u << 11,  // DPE
  kFlagRateLimited = 1u << 12,          // RL, by a limit of our own
  kFlagDelayInjected = 1u << 13,        // DI
  kFlagFaultInjected = 1u << 14,        // FI
  kFlagMaxStreamDuration = 1u << 15,    // UMSDR
};

struct StreamFacts {
  WallTime start;
  Duration duration{};      // so far
  Duration backend_time{};  // time until the backend's head, 0 if none came
  Duration request_time{};  // time until the request's last byte, 0 if it has not come
  bool backend_answered = false;
  std::string_view method;
  std::string_view path;       // as the client sent it
  std::string_view authority;  // as the client sent it
  Version version = Version::http11;
  uint16_t status = 0;  // 0: no answer yet, or the client left before any
  uint32_t flags = 0;
  uint32_t attempts = 0;                   // at reaching the backend
  uint64_t bytes_received = 0;             // body
  uint64_t bytes_sent = 0;                 // body
  uint64_t connection_id = 0;              // 0: not known
  std::string_view details;                // why we answered as we did; empty: what the flags imply
  const RequestHead* request = nullptr;    // with the changes made so far
  const ResponseHead* response = nullptr;  // null: none, or nobody asked for it to be kept
  const Headers* response_trailers = nullptr;
  std::optional<uint32_t> grpc_status;  // of an answer to a gRPC call
  std::string_view transport_failure;   // why TLS with the backend failed
  std::string_view forwarded_for;
  std::string_view user_agent;
  std::string_view request_id;
  std::string_view route;
  std::string_view cluster;
  const net::Address* backend = nullptr;  // null when none was chosen
  const net::Address* backend_local = nullptr;
  const net::Address* client = nullptr;  // whoever connected
  std::string_view trusted_client_ip;    // empty: whoever connected
  const net::Address* local = nullptr;
  const tls::TlsFacts* tls = nullptr;  // of the client's connection; null: clear text
  bool health_check = false;           // answered by the gateway's own health check
};

// Codes of the flags that are set, comma-separated, or "-".
std::string response_flags(uint32_t flags);
// The flag of that code; 0 for those of Envoy that cannot happen here.
uint32_t response_flag(std::string_view code) noexcept;
// Why the answer was what it was, in Envoy's words.
std::string_view response_code_details(const StreamFacts& facts) noexcept;
// "HTTP/1.1"
std::string_view protocol_name(Version version) noexcept;

}  // namespace gnomon::proxy
