#include "shadow/copy_head.h"

#include "routing/rewrite.h"

namespace gnomon::shadow {

std::string shadow_authority(std::string_view authority) {
  const AuthorityParts parts = split_authority(authority);
  std::string out(parts.host);
  out += "-shadow";
  out += parts.port;
  return out;
}

RequestHead make_copy_head(const RequestHead& primary, const routing::ShadowPolicy& policy,
                           std::string_view gateway_ip) {
  RequestHead copy = primary;
  // The body is on its way already, so the shadow is not asked whether it wants it.
  copy.expect_continue = false;
  copy.upgrade = {};
  routing::apply_edits(copy.headers, policy.edits);
  if (!policy.host_rewrite.empty()) {
    copy.authority = copy.headers.intern(policy.host_rewrite);
  } else if (policy.append_host_suffix && !copy.authority.empty()) {
    copy.authority = copy.headers.intern(shadow_authority(copy.authority));
  }
  std::string forwarded(copy.headers.get(Known::x_forwarded_for));
  forwarded.append(forwarded.empty() ? "" : ",").append(gateway_ip);
  copy.headers.remove(Known::x_forwarded_for);
  copy.headers.add_view("x-forwarded-for", copy.headers.intern(forwarded), Known::x_forwarded_for);
  copy.headers.remove(std::string_view("x-envoy-internal"));
  copy.headers.add_view("x-envoy-internal", "true", Known::none);
  copy.headers.add_view("x-gnomon-shadow", "true", Known::x_gnomon_shadow);
  return copy;
}

Headers own_copy(const Headers& fields) {
  Headers own;
  own.reserve(fields.size());
  for (const Field& field : fields) {
    const std::string_view name = own.intern(field.name);
    own.add_view(name, own.intern(field.value), field.known);
  }
  return own;
}

void detach(RequestHead& head) {
  Headers own = own_copy(head.headers);
  head.method_name = own.intern(head.method_name);
  head.scheme = own.intern(head.scheme);
  head.authority = own.intern(head.authority);
  head.path = own.intern(head.path);
  head.headers = std::move(own);
}

size_t head_bytes(const RequestHead& head) noexcept {
  size_t bytes = head.method_name.size() + head.authority.size() + head.path.size();
  for (const Field& field : head.headers) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

bool is_marked(const RequestHead& head) noexcept {
  return head.headers.has(Known::x_gnomon_shadow);
}

}  // namespace gnomon::shadow
