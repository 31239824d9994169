#include "routing/listener_settings_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/window_size.h"
#include "routing/access_plan_builder.h"
#include "routing/secret_headers.h"

namespace gnomon::routing {
namespace {

constexpr std::string_view kManager = "httpGateway.options.httpConnectionManagerSettings";
constexpr std::string_view kOwnName = "gnomon";

std::optional<Millis> maybe_millis(const std::optional<config::Duration>& from) {
  if (!from) return std::nullopt;
  return to_millis(*from);
}

TokenBucketSettings to_bucket(const config::TokenBucketConfig& from) {
  return {from.max_tokens, from.tokens_per_fill, from.fill_interval};
}

EscapedSlashes to_escaped_slashes(config::EscapedSlashes from) {
  switch (from) {
    case config::EscapedSlashes::implementation_default:
    case config::EscapedSlashes::keep_unchanged:
      return EscapedSlashes::keep;
    case config::EscapedSlashes::reject_request:
      return EscapedSlashes::reject;
    case config::EscapedSlashes::unescape_and_redirect:
      return EscapedSlashes::redirect;
    case config::EscapedSlashes::unescape_and_forward:
      return EscapedSlashes::unescape;
  }
  return EscapedSlashes::keep;
}

class SettingsBuilder {
 public:
  SettingsBuilder(BuildContext& context, const GatewayChain& chain, ListenerSettings& out)
      : context_(context),
        owner_(*chain.owner),
        manager_(fmt::format("{}{}", chain.where, kManager)),
        out_(out) {}

  void add_manager(const config::ConnectionManager& from) {
    add_identity(from);
    add_codec(from);
    add_server_header(from);
    if (from.early_headers) add_early_headers(*from.early_headers);
    if (from.tracing) check_tracing(*from.tracing);
    out_.path.normalize = from.normalize_path.value_or(true);
    out_.path.merge_slashes = from.merge_slashes;
    out_.path.escaped_slashes = to_escaped_slashes(from.escaped_slashes);
    out_.strip_host_port = from.strip_any_host_port;
    for (const config::UpgradeConfig& upgrade : from.upgrades) {
      if (upgrade.websocket) out_.websocket = upgrade.websocket->enabled.value_or(true);
    }
  }

  void add_http(const config::HttpListenerOptions& from) {
    if (from.connection_manager) add_manager(*from.connection_manager);
    if (from.health_check) out_.health_check_path = from.health_check->path;
    if (from.buffer) out_.codec.request_body_bytes = from.buffer->max_request_bytes;
    if (from.router) out_.suppress_envoy_headers = from.router->suppress_envoy_headers;
    if (from.connection_limit) {
      out_.connections.max_active = from.connection_limit->max_active;
      out_.connections.delay_before_close = to_millis(from.connection_limit->delay_before_close);
    }
    if (from.network_rate_limit) out_.connections.rate = to_bucket(*from.network_rate_limit);
    if (from.http_rate_limit && from.http_rate_limit->limit) {
      out_.request_rate =
          RequestRate{to_bucket(*from.http_rate_limit->limit), from.http_rate_limit->per_connection,
                      from.http_rate_limit->headers};
    }
  }

  void add_listener(const config::ListenerOptions& from) {
    if (from.proxy_protocol) {
      out_.connections.proxy_protocol = from.proxy_protocol->allow_without
                                            ? InboundProxyProtocol::optional
                                            : InboundProxyProtocol::required;
    }
    out_.codec.unsent_bytes = from.connection_buffer_bytes;
  }

 private:
  void error(config::Position at, std::string message, std::string_view field) {
    context_.error(owner_, at, std::move(message), fmt::format("{}.{}", manager_, field));
  }

  void add_identity(const config::ConnectionManager& from) {
    IdentitySettings& to = out_.identity;
    to.use_remote_address = from.use_remote_address.value_or(true);
    to.tell_external_address = from.use_remote_address.value_or(false);
    to.append_forwarded_for = to.use_remote_address && !from.skip_xff_append.value_or(false);
    to.trusted_hops = from.trusted_hops;
    to.generate_request_id = from.generate_request_id.value_or(true);
    to.preserve_request_id = from.preserve_external_request_id.value_or(true);
    to.append_forwarded_port = from.append_forwarded_port.value_or(false);
    to.client_cert.forward = static_cast<ClientCertSettings::Forward>(
        from.forward_client_cert.value_or(config::ForwardClientCert::sanitize));
    if (from.client_cert_details) {
      const config::ClientCertDetails& details = *from.client_cert_details;
      to.client_cert.subject = details.subject.value_or(false);
      to.client_cert.cert = details.cert;
      to.client_cert.dns = details.dns;
      to.client_cert.uri = details.uri;
    }
    to.via = from.via;
    if (from.internal_addresses) add_internal(*from.internal_addresses);
  }

  void add_internal(const config::InternalAddresses& from) {
    for (size_t i = 0; i < from.ranges.size(); ++i) {
      const config::CidrRange& range = from.ranges[i];
      const auto parsed = parse_range(range.prefix, range.length);
      if (!parsed) {
        error(range.at,
              fmt::format("{}/{} is not a range of addresses", range.prefix, range.length),
              fmt::format("internalAddressConfig.cidrRanges[{}]", i));
        continue;
      }
      out_.identity.internal.push_back(*parsed);
    }
  }

  void add_codec(const config::ConnectionManager& from) {
    CodecSettings& to = out_.codec;
    to.codec = static_cast<Codec>(from.codec);
    if (from.http2) {
      to.streams_max = from.http2->max_concurrent_streams;
      to.stream_window = from.http2->stream_window.transform(config::served_window);
      to.connection_window = from.http2->connection_window.transform(config::served_window);
    }
    to.header_timeout = maybe_millis(from.request_headers_timeout);
    to.idle_timeout = maybe_millis(from.idle_timeout);
    to.request_timeout = maybe_millis(from.request_timeout);
    to.stream_idle_timeout = maybe_millis(from.stream_idle_timeout);
    to.linger_timeout = maybe_millis(from.delayed_close_timeout);
    to.drain_timeout = maybe_millis(from.drain_timeout);
    to.max_connection_duration = maybe_millis(from.max_connection_duration).value_or(Millis(0));
    to.max_stream_duration = maybe_millis(from.max_stream_duration).value_or(Millis(0));
    if (from.max_request_headers_kb) to.head_bytes = *from.max_request_headers_kb * 1024;
    to.fields = from.max_headers_count;
    to.max_requests = from.max_requests_per_connection.value_or(0);
    to.accept_http10 = from.accept_http10.value_or(true);
    to.default_host = from.default_host_for_http10;
    to.trailers = from.enable_trailers.value_or(true);
    to.proper_case = from.proper_case;
    to.underscores = static_cast<Underscores>(from.underscores);
  }

  // Who names a server wants it seen: Envoy overwrites then, unless told otherwise.
  void add_server_header(const config::ConnectionManager& from) {
    if (!from.server_name && !from.server_header) return;
    out_.server_name = from.server_name.value_or("");
    if (out_.server_name.empty()) out_.server_name = kOwnName;
    switch (from.server_header.value_or(config::ServerHeader::overwrite)) {
      case config::ServerHeader::overwrite:
        out_.server_header = ServerHeader::overwrite;
        return;
      case config::ServerHeader::append_if_absent:
        out_.server_header = ServerHeader::append_if_absent;
        return;
      case config::ServerHeader::pass_through:
        out_.server_header = ServerHeader::pass_through;
        return;
    }
  }

  // Removals first, as in Envoy.
  void add_early_headers(const config::EarlyHeaders& from) {
    for (const std::string& name : from.remove) {
      out_.early_headers.push_back({EarlyHeader::Op::remove, name, {}});
    }
    for (size_t i = 0; i < from.add.size(); ++i) {
      const config::HeaderAdd& add = from.add[i];
      const auto op = add.append ? EarlyHeader::Op::append : EarlyHeader::Op::set;
      if (add.secret) {
        add_early_secret(*add.secret, op, i);
        continue;
      }
      auto value = Template::parse(add.header.value);
      if (!value) {
        error(add.at, value.error().message, "earlyHeaderManipulation.headersToAdd");
        continue;
      }
      out_.early_headers.push_back({op, add.header.key, std::move(*value)});
    }
  }

  // Gloo refuses a Gateway whose spans would go nowhere.
  void check_tracing(const config::Tracing& from) {
    const auto check = [&](const char* name, const std::optional<config::ResourceRef>& collector) {
      if (!collector || context_.find_cluster(*collector, owner_) != kNoCluster) return;
      context_.warning(
          owner_, collector->at,
          fmt::format("*v1.Upstream {{ {} }} not found", full_name(*collector, owner_)),
          fmt::format("{}.tracing.{}.collectorUpstreamRef", manager_, name));
    };
    if (from.zipkin) check("zipkinConfig", from.zipkin->collector);
    if (from.datadog) check("datadogConfig", from.datadog->collector);
    if (from.open_telemetry) check("openTelemetryConfig", from.open_telemetry->collector);
  }

  void add_early_secret(const config::ResourceRef& ref, EarlyHeader::Op op, size_t index) {
    const std::string field =
        fmt::format("{}.earlyHeaderManipulation.headersToAdd[{}].headerSecretRef", manager_, index);
    for (const SecretHeader& header : secret_headers(context_, owner_, ref, field)) {
      out_.early_headers.push_back({op, header.name, Template::of_text(header.value)});
    }
  }

  BuildContext& context_;
  const config::Metadata& owner_;
  const std::string manager_;  // where its settings stand
  ListenerSettings& out_;
};

}  // namespace

ListenerSettings build_listener_settings(BuildContext& context, const config::Gateway& gateway,
                                         const GatewayChain& chain) {
  ListenerSettings out;
  SettingsBuilder builder(context, chain, out);
  if (chain.http && chain.http->options) builder.add_http(*chain.http->options);
  if (gateway.use_proxy_protocol) out.connections.proxy_protocol = InboundProxyProtocol::required;
  if (gateway.options) builder.add_listener(*gateway.options);
  out.most_specific_header_mutations_wins =
      gateway.route_options.most_specific_header_mutations_wins;
  out.access_logs = build_access_logs(context, gateway);
  return out;
}

}  // namespace gnomon::routing
