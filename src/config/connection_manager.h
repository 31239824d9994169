// httpConnectionManagerSettings of a Gateway: how one listener speaks HTTP.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/metadata.h"
#include "config/read.h"
#include "config/route_options.h"
#include "config/scalar.h"
#include "config/tracing.h"
#include "config/upgrade.h"

namespace gnomon::config {

// Values are their numbers in proto-JSON.
enum class ServerHeader : uint8_t { overwrite, append_if_absent, pass_through };
enum class UnderscoresAction : uint8_t { allow, reject_request, drop_header };
enum class EscapedSlashes : uint8_t {
  implementation_default,
  keep_unchanged,
  reject_request,
  unescape_and_redirect,
  unescape_and_forward
};
enum class CodecType : uint8_t { automatic, http1, http2 };
enum class ForwardClientCert : uint8_t {
  sanitize,
  forward_only,
  append_forward,
  sanitize_set,
  always_forward_only
};

std::span<const EnumName<ServerHeader>> enum_names(ServerHeader tag);
std::span<const EnumName<UnderscoresAction>> enum_names(UnderscoresAction tag);
std::span<const EnumName<EscapedSlashes>> enum_names(EscapedSlashes tag);
std::span<const EnumName<CodecType>> enum_names(CodecType tag);

struct Http2Options {
  std::optional<uint32_t> max_concurrent_streams;
  std::optional<uint32_t> stream_window;  // see served_window()
  std::optional<uint32_t> connection_window;
};
std::span<const EnumName<ForwardClientCert>> enum_names(ForwardClientCert tag);

struct EarlyHeaders {
  std::vector<HeaderAdd> add;
  std::vector<std::string> remove;
};

struct CidrRange {
  Position at;
  std::string prefix;
  uint32_t length = 0;
};

struct InternalAddresses {
  std::vector<CidrRange> ranges;
  bool unix_sockets = false;
};

struct UuidRequestId {
  bool pack_trace_reason = false;
  bool use_for_trace_sampling = false;
};

// What of a client's certificate is told to backends.
struct ClientCertDetails {
  std::optional<bool> subject;
  bool cert = false;
  bool dns = false;
  bool uri = false;
};

// What is absent keeps the gateway's own default.
struct ConnectionManager {
  std::optional<bool> skip_xff_append;
  std::string via;
  uint32_t trusted_hops = 0;
  std::optional<bool> use_remote_address;
  std::optional<bool> generate_request_id;
  std::optional<bool> preserve_external_request_id;
  std::optional<UuidRequestId> uuid_request_id;
  std::optional<bool> append_forwarded_port;
  std::optional<EarlyHeaders> early_headers;
  std::optional<InternalAddresses> internal_addresses;
  std::optional<Tracing> tracing;
  std::optional<ForwardClientCert> forward_client_cert;
  std::optional<ClientCertDetails> client_cert_details;

  std::optional<Duration> stream_idle_timeout;
  std::optional<Duration> idle_timeout;
  std::optional<Duration> request_timeout;
  std::optional<Duration> request_headers_timeout;
  std::optional<Duration> delayed_close_timeout;
  std::optional<Duration> drain_timeout;
  std::optional<Duration> max_connection_duration;
  std::optional<Duration> max_stream_duration;
  std::optional<uint32_t> max_request_headers_kb;
  std::optional<uint32_t> max_headers_count;
  std::optional<uint32_t> max_requests_per_connection;

  std::optional<std::string> server_name;
  std::optional<ServerHeader> server_header;
  bool strip_any_host_port = false;
  std::optional<bool> accept_http10;
  std::string default_host_for_http10;
  bool allow_chunked_length = false;
  std::optional<bool> enable_trailers;
  bool proper_case = false;
  bool preserve_case = false;
  std::optional<bool> proxy_100_continue;
  UnderscoresAction underscores = UnderscoresAction::allow;
  EscapedSlashes escaped_slashes = EscapedSlashes::implementation_default;
  bool merge_slashes = false;
  std::optional<bool> normalize_path;
  CodecType codec = CodecType::automatic;
  std::optional<Http2Options> http2;
  std::vector<UpgradeConfig> upgrades;
};

void describe(Schema<Http2Options>& s);
void describe(Schema<EarlyHeaders>& s);
void describe(Schema<CidrRange>& s);
void describe(Schema<InternalAddresses>& s);
void describe(Schema<UuidRequestId>& s);
void describe(Schema<ClientCertDetails>& s);
void describe(Schema<ConnectionManager>& s);

}  // namespace gnomon::config
