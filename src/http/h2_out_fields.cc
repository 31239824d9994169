#include "http/h2_out_fields.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

namespace gnomon::http {
namespace {

// A number as text.
class Number {
 public:
  std::string_view set(uint64_t value) noexcept {
    const char* end = std::to_chars(text_, text_ + sizeof(text_), value).ptr;
    return {text_, static_cast<size_t>(end - text_)};
  }

 private:
  char text_[20];
};

struct Scratch {
  std::vector<nghttp2_nv> fields;
  Number status;
  Number length;

  void add(std::string_view name, std::string_view value) {
    // nghttp2 takes neither to be writable.
    fields.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(),
                      value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  void add(const Headers& headers);
  void add_length(int64_t bytes) {
    add("content-length", length.set(static_cast<uint64_t>(std::max<int64_t>(bytes, 0))));
  }
};

// What connections say about themselves has no place in HTTP/2 (RFC 9113 section 8.2.2).
bool stays_behind(Known known) noexcept {
  switch (known) {
    case Known::host:
    case Known::connection:
    case Known::content_length:
    case Known::transfer_encoding:
    case Known::te:
    case Known::upgrade:
    case Known::expect:
    case Known::keep_alive:
    case Known::proxy_connection:
    case Known::proxy:
      return true;
    default:
      return false;
  }
}

void Scratch::add(const Headers& headers) {
  for (const Field& field : headers) {
    if (!stays_behind(field.known)) add(field.name, field.value);
  }
}

Scratch& begin() {
  thread_local Scratch scratch;
  scratch.fields.clear();
  return scratch;
}

}  // namespace

H2OutFields h2_request_fields(const RequestHead& head) {
  Scratch& out = begin();
  const bool tunnel = !head.upgrade.empty();
  out.add(":method", tunnel ? "CONNECT" : head.method_name);
  if (tunnel) out.add(":protocol", head.upgrade);
  out.add(":scheme", head.scheme);
  if (!head.authority.empty()) out.add(":authority", head.authority);
  out.add(":path", head.path);
  out.add(head.headers);
  if (head.content_length != kNoLength && head.body != BodyKind::streamed && !tunnel) {
    out.add_length(head.content_length);
  }
  if (head.te_trailers) out.add("te", "trailers");
  if (head.expect_continue) out.add("expect", "100-continue");
  return out.fields;
}

H2OutFields h2_response_fields(const ResponseHead& head) {
  Scratch& out = begin();
  out.add(":status", out.status.set(head.status));
  out.add(head.headers);
  if (head.content_length != kNoLength && head.status != 204 && head.status >= 200) {
    out.add_length(head.content_length);
  }
  return out.fields;
}

H2OutFields h2_trailer_fields(const Headers& trailers) {
  Scratch& out = begin();
  out.add(trailers);
  return out.fields;
}

}  // namespace gnomon::http
