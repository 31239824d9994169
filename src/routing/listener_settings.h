// What a Gateway's options say about one listener, resolved. What is absent keeps the default of
// the process.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/token_bucket.h"
#include "routing/access_plan.h"
#include "routing/substitution.h"

namespace gnomon::routing {

struct AddressRange {
  std::array<uint8_t, 16> prefix{};  // IPv4 as ::ffff:a.b.c.d
  uint8_t bits = 0;
  bool contains(const std::array<uint8_t, 16>& address) const noexcept;
};
// The form in which addresses are compared; nothing for what is no address.
std::optional<std::array<uint8_t, 16>> address_bytes(std::string_view ip) noexcept;

// Nothing for what is no range, as 10.0.0.0/33.
std::optional<AddressRange> parse_range(std::string_view prefix, uint32_t length) noexcept;

// One step of earlyHeaderManipulation.
struct EarlyHeader {
  enum class Op : uint8_t { append, set, remove };
  Op op = Op::append;
  std::string name;
  Template value;  // never shown: it may come from a Secret
};

// What becomes of x-forwarded-client-cert. All but the last act only on certificates of clients.
struct ClientCertSettings {
  enum class Forward : uint8_t { sanitize, forward_only, append_forward, sanitize_set, always };
  Forward forward = Forward::sanitize;
  bool subject = false;  // what is told of it, beside its digest
  bool cert = false;
  bool dns = false;
  bool uri = false;
};

// Fields that tell backends who called, and which of those that came are believed.
struct IdentitySettings {
  bool append_forwarded_for = true;
  bool use_remote_address = true;  // who connected is the client, unless hops are trusted
  bool tell_external_address = false;
  uint32_t trusted_hops = 0;
  bool generate_request_id = true;
  bool preserve_request_id = true;  // of clients outside of `internal`
  std::vector<AddressRange> internal;
  bool append_forwarded_port = false;
  ClientCertSettings client_cert;
  std::string via;
};

enum class EscapedSlashes : uint8_t { keep, reject, redirect, unescape };

struct PathSettings {
  bool normalize = true;
  bool merge_slashes = false;
  EscapedSlashes escaped_slashes = EscapedSlashes::keep;
};

enum class ServerHeader : uint8_t { pass_through, append_if_absent, overwrite };
enum class Underscores : uint8_t { allow, reject, drop };

// How the codec reads and writes. Absent: as the command line says.
enum class Codec : uint8_t { automatic, http1, http2 };

struct CodecSettings {
  Codec codec = Codec::automatic;
  std::optional<Millis> header_timeout;
  std::optional<Millis> idle_timeout;
  std::optional<Millis> request_timeout;
  std::optional<Millis> stream_idle_timeout;
  std::optional<Millis> linger_timeout;
  std::optional<Millis> drain_timeout;
  Millis max_connection_duration{0};  // 0 = none
  Millis max_stream_duration{0};      // 0 = none
  std::optional<uint32_t> head_bytes;
  std::optional<uint32_t> fields;
  std::optional<uint64_t> request_body_bytes;
  std::optional<uint32_t> unsent_bytes;
  uint32_t max_requests = 0;            // of one connection; 0 = no limit
  std::optional<uint32_t> streams_max;  // of HTTP/2, as the two below
  std::optional<uint32_t> stream_window;
  std::optional<uint32_t> connection_window;
  bool accept_http10 = true;
  std::string default_host;  // for HTTP/1.0 without Host
  bool trailers = true;
  bool proper_case = false;
  Underscores underscores = Underscores::allow;
};

enum class InboundProxyProtocol : uint8_t { off, optional, required };

struct ConnectionSettings {
  InboundProxyProtocol proxy_protocol = InboundProxyProtocol::off;
  uint32_t max_active = 0;  // 0 = no limit
  Millis delay_before_close{0};
  std::optional<TokenBucketSettings> rate;
};

struct RequestRate {
  TokenBucketSettings bucket;
  bool per_connection = false;
  bool headers = false;
};

struct ListenerSettings {
  IdentitySettings identity;
  PathSettings path;
  CodecSettings codec;
  ConnectionSettings connections;
  std::vector<EarlyHeader> early_headers;
  ServerHeader server_header = ServerHeader::pass_through;
  std::string server_name;
  bool strip_host_port = false;
  bool websocket = true;
  std::string health_check_path;  // empty: none
  std::optional<RequestRate> request_rate;
  bool suppress_envoy_headers = false;
  bool most_specific_header_mutations_wins = false;
  std::vector<AccessLogPlan> access_logs;
};

}  // namespace gnomon::routing
