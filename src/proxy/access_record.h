// What the access log says about one exchange, gathered when it ends. Views are valid only during
// the call that hands the record over.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "msg/head.h"
#include "net/address.h"

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
};

struct AccessRecord {
  WallTime start;
  Duration duration{};
  Duration backend_time{};  // time until the backend's head, 0 if none came
  bool backend_answered = false;
  std::string_view method;
  std::string_view path;       // as the client sent it
  std::string_view authority;  // as the client sent it
  Version version = Version::http11;
  uint16_t status = 0;  // 0: the client left before any answer
  uint32_t flags = 0;
  uint64_t bytes_received = 0;  // body
  uint64_t bytes_sent = 0;      // body
  const Headers* request_headers = nullptr;
  std::string_view forwarded_for;
  std::string_view user_agent;
  std::string_view request_id;
  std::string_view route;
  std::string_view cluster;
  const net::Address* backend = nullptr;  // null when none was chosen
  const net::Address* client = nullptr;
};

// Receives a record when an exchange has ended. Called on the worker; must not block.
class AccessSink {
 public:
  virtual void on_exchange(const AccessRecord& record) noexcept = 0;

 protected:
  ~AccessSink() = default;
};

}  // namespace gnomon::proxy
