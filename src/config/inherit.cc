#include "config/inherit.h"

namespace gnomon::config {
namespace {

template <typename M>
bool is_unset(const M& value) {
  return value == M{};
}
template <typename M>
bool is_unset(const std::vector<M>& value) {
  return value.empty();
}
template <typename M>
bool is_unset(const Located<M>& value) {
  return value.value == M{};
}

struct Filler {
  Precedence precedence;

  template <typename M>
  void operator()(std::optional<M>& child, const std::optional<M>& parent) const {
    if (parent && (!child || precedence == Precedence::parent)) child = parent;
  }
  template <typename M>
  void operator()(M& child, const M& parent) const {
    if (is_unset(child)) child = parent;
  }
  // Messages are taken as a whole.
  template <typename M>
  void message(std::optional<M>& child, const std::optional<M>& parent) const {
    if (!child) child = parent;
  }
};

}  // namespace

void inherit(SslConfig& child, const SslConfig& parent, Precedence precedence) {
  const Filler fill{precedence};
  if (!child.secret_ref && !child.files && !child.sds.value) {
    child.secret_ref = parent.secret_ref;
    child.files = parent.files;
    child.sds = parent.sds;
  } else if (child.secret_ref) {
    fill(child.secret_ref, parent.secret_ref);
  }
  fill(child.verify_names, parent.verify_names);
  fill(child.parameters.minimum, parent.parameters.minimum);
  fill(child.parameters.maximum, parent.parameters.maximum);
  fill(child.parameters.cipher_suites, parent.parameters.cipher_suites);
  fill(child.parameters.ecdh_curves, parent.parameters.ecdh_curves);
  fill(child.alpn, parent.alpn);
  fill(child.one_way, parent.one_way);
  fill(child.sni_domains, parent.sni_domains);
  fill(child.no_resumption, parent.no_resumption);
  fill(child.connect_timeout, parent.connect_timeout);
}

void inherit(ConnectionManager& child, const ConnectionManager& parent, Precedence precedence) {
  const Filler fill{precedence};
  using M = ConnectionManager;
  const auto each = [&](auto... members) { (fill(child.*members, parent.*members), ...); };
  const auto whole = [&](auto... members) { (fill.message(child.*members, parent.*members), ...); };
  each(&M::skip_xff_append, &M::via, &M::trusted_hops, &M::use_remote_address,
       &M::generate_request_id, &M::preserve_external_request_id, &M::append_forwarded_port,
       &M::stream_idle_timeout, &M::idle_timeout, &M::request_timeout, &M::request_headers_timeout,
       &M::delayed_close_timeout, &M::drain_timeout, &M::max_connection_duration,
       &M::max_stream_duration, &M::max_request_headers_kb, &M::max_headers_count,
       &M::max_requests_per_connection, &M::server_name, &M::strip_any_host_port, &M::accept_http10,
       &M::default_host_for_http10, &M::allow_chunked_length, &M::enable_trailers,
       &M::proxy_100_continue, &M::underscores, &M::escaped_slashes, &M::merge_slashes,
       &M::normalize_path, &M::codec, &M::upgrades);
  whole(&M::uuid_request_id, &M::early_headers, &M::internal_addresses, &M::tracing,
        &M::forward_client_cert, &M::client_cert_details, &M::server_header, &M::http2);
  if (!child.proper_case && !child.preserve_case) {  // of the two there is at most one
    child.proper_case = parent.proper_case;
    child.preserve_case = parent.preserve_case;
  }
}

}  // namespace gnomon::config
