#include "proxy/request_identity.h"

#include <array>

namespace gnomon::proxy {
namespace {

void write_uuid(char* to, Rng& rng) noexcept {
  static constexpr char kHex[] = "0123456789abcdef";
  uint64_t high = (rng.next() & 0xffffffffffff0fffULL) | 0x4000;              // version 4
  uint64_t low = (rng.next() & 0x3fffffffffffffffULL) | (uint64_t{1} << 63);  // variant 10
  for (int i = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      to[i] = '-';
      continue;
    }
    uint64_t& word = i < 19 ? high : low;
    to[i] = kHex[word >> 60];
    word <<= 4;
  }
}

}  // namespace

std::string make_request_id(Rng& rng) {
  std::string id(36, '-');
  write_uuid(id.data(), rng);
  return id;
}

void add_identity(RequestHead& head, std::string_view client_ip, Rng& rng) {
  Headers& headers = head.headers;
  // Fields are joined in their order (RFC 9110 section 5.3), ours last.
  std::string forwarded;
  for (const Field& field : headers) {
    if (field.known != Known::x_forwarded_for) continue;
    forwarded.append(field.value).append(field.value.empty() ? "" : ", ");
  }
  if (forwarded.empty()) {
    headers.remove(Known::x_forwarded_for);
    headers.add_view("x-forwarded-for", headers.intern(client_ip), Known::x_forwarded_for);
  } else {
    headers.remove(Known::x_forwarded_for);
    forwarded.append(client_ip);
    headers.add_view("x-forwarded-for", headers.intern(forwarded), Known::x_forwarded_for);
  }
  headers.remove(Known::x_forwarded_proto);
  headers.add_view("x-forwarded-proto", head.scheme == "https" ? "https" : "http",
                   Known::x_forwarded_proto);
  if (headers.get(Known::x_request_id).empty()) {
    headers.remove(Known::x_request_id);
    std::array<char, 36> id;
    write_uuid(id.data(), rng);
    headers.add_view("x-request-id", headers.intern({id.data(), id.size()}), Known::x_request_id);
  }
}

}  // namespace gnomon::proxy
