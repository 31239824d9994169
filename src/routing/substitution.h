// Envoy's command operators, such as %REQ(X-ID?:PATH):20%, read once when the configuration is. The
// proxy renders them for header values and for lines of the access log.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "msg/headers.h"

namespace gnomon::routing {

enum class Operator : uint8_t {
  text,  // literal, or an operator whose value never changes: HOSTNAME, ENVIRONMENT
  request_header,
  response_header,
  response_trailer,
  protocol,
  response_code,
  response_code_details,
  response_flags,
  bytes_received,
  bytes_sent,
  duration,
  request_duration,
  response_duration,
  start_time,
  emit_time,
  upstream_host,
  upstream_local,
  upstream_cluster,
  downstream_remote,  // the trusted client, which forwarding fields may name
  downstream_direct,  // whoever connected
  downstream_local,
  route_name,
  connection_id,
  stream_id,
  attempt_count,
  grpc_status,  // CamelCase
  grpc_status_snake,
  grpc_status_number,
  transport_failure,  // why TLS with the backend failed
  // Of the client's TLS session: `peer` is the client, `local` the gateway.
  tls_version,
  tls_cipher,
  tls_session_id,
  requested_server_name,
  peer_subject,
  peer_issuer,
  peer_serial,
  peer_fingerprint_256,
  peer_uri_san,
  peer_cert,
  peer_cert_start,
  peer_cert_end,
  local_subject,
  local_uri_san,
  nothing,  // known to Envoy, without a value here: metadata, filter state
};

// What of an address is meant.
enum class AddressPart : uint8_t { whole, ip, port };

// The name of a field, or of a pseudo-field such as ":path".
struct FieldName {
  std::string name;  // lower case; empty = none
  Known known = Known::none;
};

struct Segment {
  Operator op = Operator::text;
  std::string text;  // of `text`; of the times their format
  FieldName field;   // of the header operators
  FieldName otherwise;
  AddressPart part = AddressPart::whole;
  size_t max_bytes = SIZE_MAX;
};

struct TemplateError {
  size_t offset = 0;  // in bytes, where the operator begins
  std::string message;
};

class Template {
 public:
  static std::expected<Template, TemplateError> parse(std::string_view format);
  // A literal, whatever percent signs it holds.
  static Template of_text(std::string_view text);

  std::span<const Segment> segments() const noexcept { return segments_; }
  // No operator whose value depends on a request.
  bool is_literal() const noexcept {
    return segments_.empty() || (segments_.size() == 1 && segments_[0].op == Operator::text);
  }
  // The value of a literal.
  std::string_view literal() const noexcept {
    return segments_.empty() ? std::string_view() : std::string_view(segments_[0].text);
  }
  // Exactly one operator and nothing else: its value may be missing as a whole, or have a type.
  bool is_single() const noexcept { return segments_.size() == 1 && !is_literal(); }
  bool reads_response() const noexcept;

 private:
  void add_text(std::string_view text);

  std::vector<Segment> segments_;  // no two texts in a row
};

}  // namespace gnomon::routing
