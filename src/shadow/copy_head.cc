#include "shadow/copy_head.h"

#include <cstring>
#include <utility>

#include "routing/rewrite.h"

namespace gnomon::shadow {
namespace {

// Puts bytes behind each other. They are there when it has finished.
class Writer {
 public:
  explicit Writer(char* at) noexcept : at_(at) {}
  std::string_view put(std::string_view bytes) noexcept {
    if (run_.data() + run_.size() != bytes.data()) {
      finish();
      run_ = bytes;
    } else {
      run_ = {run_.data(), run_.size() + bytes.size()};
    }
    char* const to = at_ + run_.size() - bytes.size();
    return {to, bytes.size()};
  }
  void finish() noexcept {
    if (!run_.empty()) std::memcpy(at_, run_.data(), run_.size());
    at_ += run_.size();
    run_ = {};
  }

 private:
  char* at_;
  std::string_view run_;  // not copied yet
};

}  // namespace

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

void detach(RequestHead& head) {
  Headers own;
  own.reserve(head.headers.size());
  for (const Field& field : head.headers) {
    const std::string_view name = own.intern(field.name);
    own.add_view(name, own.intern(field.value), field.known);
  }
  head.method_name = own.intern(head.method_name);
  head.scheme = own.intern(head.scheme);
  head.authority = own.intern(head.authority);
  head.path = own.intern(head.path);
  head.headers = std::move(own);
}

// What lies behind each other in one block, as names and values of HTTP/2 do, is copied at once.
void copy_into(Headers& to, const Headers& fields, ByteStash& stash) {
  to.clear();
  if (fields.empty()) return;
  size_t bytes = 0;
  for (const Field& field : fields) bytes += field.name.size() + field.value.size();
  Writer writer(stash.claim(bytes));
  to.reserve(fields.size());
  for (const Field& field : fields) {
    const std::string_view name = writer.put(field.name);
    to.add_view(name, writer.put(field.value), field.known);
  }
  writer.finish();
}

void copy_into(RequestHead& to, const RequestHead& head, ByteStash& stash) {
  copy_into(to.headers, head.headers, stash);
  to.method = head.method;
  to.version = head.version;
  to.body = head.body;
  to.expect_continue = head.expect_continue;
  to.te_trailers = head.te_trailers;
  to.content_length = head.content_length;
  to.upgrade = {};
  Writer writer(stash.claim(head.method_name.size() + head.scheme.size() + head.authority.size() +
                            head.path.size()));
  to.method_name = writer.put(head.method_name);
  to.scheme = writer.put(head.scheme);
  to.authority = writer.put(head.authority);
  to.path = writer.put(head.path);
  writer.finish();
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
