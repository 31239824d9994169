#include "config/connection_manager.h"

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"
#include "config/window_size.h"

namespace gnomon::config {

std::span<const EnumName<ServerHeader>> enum_names(ServerHeader /*tag*/) {
  static constexpr EnumName<ServerHeader> kNames[] = {
      {"OVERWRITE", ServerHeader::overwrite},
      {"APPEND_IF_ABSENT", ServerHeader::append_if_absent},
      {"PASS_THROUGH", ServerHeader::pass_through}};
  return kNames;
}

std::span<const EnumName<UnderscoresAction>> enum_names(UnderscoresAction /*tag*/) {
  static constexpr EnumName<UnderscoresAction> kNames[] = {
      {"ALLOW", UnderscoresAction::allow},
      {"REJECT_CLIENT_REQUEST", UnderscoresAction::reject_request},
      {"DROP_HEADER", UnderscoresAction::drop_header}};
  return kNames;
}

std::span<const EnumName<EscapedSlashes>> enum_names(EscapedSlashes /*tag*/) {
  static constexpr EnumName<EscapedSlashes> kNames[] = {
      {"IMPLEMENTATION_SPECIFIC_DEFAULT", EscapedSlashes::implementation_default},
      {"KEEP_UNCHANGED", EscapedSlashes::keep_unchanged},
      {"REJECT_REQUEST", EscapedSlashes::reject_request},
      {"UNESCAPE_AND_REDIRECT", EscapedSlashes::unescape_and_redirect},
      {"UNESCAPE_AND_FORWARD", EscapedSlashes::unescape_and_forward}};
  return kNames;
}

std::span<const EnumName<CodecType>> enum_names(CodecType /*tag*/) {
  static constexpr EnumName<CodecType> kNames[] = {
      {"AUTO", CodecType::automatic}, {"HTTP1", CodecType::http1}, {"HTTP2", CodecType::http2}};
  return kNames;
}

std::span<const EnumName<ForwardClientCert>> enum_names(ForwardClientCert /*tag*/) {
  static constexpr EnumName<ForwardClientCert> kNames[] = {
      {"SANITIZE", ForwardClientCert::sanitize},
      {"FORWARD_ONLY", ForwardClientCert::forward_only},
      {"APPEND_FORWARD", ForwardClientCert::append_forward},
      {"SANITIZE_SET", ForwardClientCert::sanitize_set},
      {"ALWAYS_FORWARD_ONLY", ForwardClientCert::always_forward_only}};
  return kNames;
}

void describe(Schema<EarlyHeaders>& s) {
  s.field("headersToAdd", &EarlyHeaders::add);
  s.field("headersToRemove", &EarlyHeaders::remove, EditableNames{});
}

void describe(Schema<CidrRange>& s) {
  s.field("addressPrefix", &CidrRange::prefix, kRequired, kNotEmpty);
  s.field("prefixLen", &CidrRange::length, in_range(0U, 128U));
}

void describe(Schema<InternalAddresses>& s) {
  s.field("cidrRanges", &InternalAddresses::ranges);
  s.field("unixSockets", &InternalAddresses::unix_sockets);
}

void describe(Schema<ClientCertDetails>& s) {
  s.field("subject", &ClientCertDetails::subject);
  s.field("cert", &ClientCertDetails::cert);
  s.field("dns", &ClientCertDetails::dns);
  s.field("uri", &ClientCertDetails::uri);
  s.unserved({"chain"}, "only the certificate itself is passed on");
}

void describe(Schema<UuidRequestId>& s) {
  s.field("packTraceReason", &UuidRequestId::pack_trace_reason);
  s.field("useRequestIdForTraceSampling", &UuidRequestId::use_for_trace_sampling);
}

void describe(Schema<Http2Options>& s) {
  s.field("maxConcurrentStreams", &Http2Options::max_concurrent_streams,
          in_range<uint32_t>(1, INT32_MAX));
  s.field("initialStreamWindowSize", &Http2Options::stream_window, WindowSize{});
  s.field("initialConnectionWindowSize", &Http2Options::connection_window, WindowSize{});
  // A broken request never ends more than its own stream.
  s.ignored({"overrideStreamErrorOnInvalidHttpMessage"});
}

void describe(Schema<ConnectionManager>& s) {
  using M = ConnectionManager;
  s.field("skipXffAppend", &M::skip_xff_append);
  s.field("via", &M::via, ValidHeaderValue{});
  s.field("xffNumTrustedHops", &M::trusted_hops);
  s.field("useRemoteAddress", &M::use_remote_address);
  s.field("generateRequestId", &M::generate_request_id);
  s.field("preserveExternalRequestId", &M::preserve_external_request_id);
  s.field("uuidRequestIdConfig", &M::uuid_request_id);
  s.field("appendXForwardedPort", &M::append_forwarded_port);
  s.field("earlyHeaderManipulation", &M::early_headers);
  s.field("internalAddressConfig", &M::internal_addresses);
  s.field("forwardClientCertDetails", &M::forward_client_cert);
  s.field("setCurrentClientCertDetails", &M::client_cert_details);

  s.field("streamIdleTimeout", &M::stream_idle_timeout, kNotNegative);
  s.field("idleTimeout", &M::idle_timeout, kNotNegative);
  s.field("requestTimeout", &M::request_timeout, kNotNegative);
  s.field("requestHeadersTimeout", &M::request_headers_timeout, kNotNegative);
  s.field("drainTimeout", &M::drain_timeout, kNotNegative);
  s.field("delayedCloseTimeout", &M::delayed_close_timeout, kNotNegative);
  s.field("maxConnectionDuration", &M::max_connection_duration, kNotNegative);
  s.field("maxStreamDuration", &M::max_stream_duration, kNotNegative);
  s.field("maxRequestHeadersKb", &M::max_request_headers_kb, in_range(1U, 8192U));
  s.field("maxHeadersCount", &M::max_headers_count, in_range(1U, 65535U));
  s.field("maxRequestsPerConnection", &M::max_requests_per_connection);

  s.field("serverName", &M::server_name, ValidHeaderValue{});
  s.field("serverHeaderTransformation", &M::server_header);
  s.field("stripAnyHostPort", &M::strip_any_host_port);
  s.field("acceptHttp10", &M::accept_http10);
  s.field("defaultHostForHttp10", &M::default_host_for_http10, ValidAuthority{});
  s.field("allowChunkedLength", &M::allow_chunked_length,
          warn_if(true,
                  "is not obeyed: a request with Transfer-Encoding and Content-Length is always "
                  "refused, because two servers may read it as two different requests"));
  s.field("enableTrailers", &M::enable_trailers);
  s.field("properCaseHeaderKeyFormat", &M::proper_case);
  s.field("preserveCaseHeaderKeyFormat", &M::preserve_case);
  s.one_of({"properCaseHeaderKeyFormat", "preserveCaseHeaderKeyFormat"});
  s.field("proxy100Continue", &M::proxy_100_continue,
          warn_if(false, "is not obeyed: Expect: 100-continue is always left to the backend"));
  s.field("headersWithUnderscoresAction", &M::underscores);
  s.field("pathWithEscapedSlashesAction", &M::escaped_slashes);
  s.field("mergeSlashes", &M::merge_slashes);
  s.field("normalizePath", &M::normalize_path);
  s.field("codecType", &M::codec);
  s.field("http2ProtocolOptions", &M::http2);
  s.field("upgrades", &M::upgrades);

  s.unserved("tracing", &M::tracing, "has no effect: no spans are made or sent");
  s.ignored({"extensions"});
}

}  // namespace gnomon::config
