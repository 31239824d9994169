#include "proxy/request_identity.h"

#include <algorithm>
#include <array>

#include "proxy/client_certificate.h"

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

constexpr std::string_view kReservedPrefix = "x-envoy-";
// Behind the prefix.
constexpr std::array<std::string_view, 16> kReserved = {
    "expected-rq-timeout-ms",
    "force-trace",
    "hedge-on-per-try-timeout",
    "internal",
    "ip-tags",
    "max-retries",
    "original-url",
    "retriable-header-names",
    "retriable-status-codes",
    "retry-grpc-on",
    "retry-on",
    "upstream-alt-stat-name",
    "upstream-rq-per-try-timeout-ms",
    "upstream-rq-timeout-alt-response",
    "upstream-rq-timeout-ms",
    "upstream-stream-duration-ms",
};

bool is_reserved(const Field& field) noexcept {
  const std::string_view name = field.name;
  if (field.known != Known::none || name.size() <= kReservedPrefix.size()) return false;
  return equals_ignore_case(name.substr(0, kReservedPrefix.size()), kReservedPrefix) &&
         std::ranges::any_of(kReserved,
                             [rest = name.substr(kReservedPrefix.size())](auto reserved) {
                               return equals_ignore_case(rest, reserved);
                             });
}

// Fields are joined in their order (RFC 9110 section 5.3), ours last.
void append_forwarded_for(Headers& headers, std::string_view client_ip) {
  std::string forwarded;
  for (const Field& field : headers) {
    if (field.known != Known::x_forwarded_for) continue;
    forwarded.append(field.value).append(field.value.empty() ? "" : ", ");
  }
  headers.remove(Known::x_forwarded_for);
  if (forwarded.empty()) {
    headers.add_view("x-forwarded-for", headers.intern(client_ip), Known::x_forwarded_for);
  } else {
    forwarded.append(client_ip);
    headers.add_view("x-forwarded-for", headers.intern(forwarded), Known::x_forwarded_for);
  }
}

std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// The address that many places before the last in X-Forwarded-For, or "" where there is none.
std::string_view forwarded_address(Headers& headers, size_t places_before_last) {
  std::string all;
  for (const Field& field : headers) {
    if (field.known == Known::x_forwarded_for)
      all.append(all.empty() ? "" : ",").append(field.value);
  }
  std::string_view rest = all;
  for (size_t i = 0; i < places_before_last; ++i) {
    const size_t comma = rest.rfind(',');
    if (comma == std::string_view::npos) return {};
    rest = rest.substr(0, comma);
  }
  const size_t comma = rest.rfind(',');
  const std::string_view address =
      trim(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
  return routing::address_bytes(address) ? headers.intern(address) : std::string_view();
}

// As Envoy: with useRemoteAddress the hop before us is the last trusted one and wrote the last
// entry; without it, entries are all there is.
std::string_view trusted_client(Headers& headers, const routing::IdentitySettings& settings) {
  if (!settings.use_remote_address) return forwarded_address(headers, settings.trusted_hops);
  if (settings.trusted_hops == 0) return {};
  return forwarded_address(headers, settings.trusted_hops - 1);
}

bool is_internal(const routing::IdentitySettings& settings, std::string_view ip) {
  const auto bytes = routing::address_bytes(ip);
  return bytes && std::ranges::any_of(settings.internal, [&](const routing::AddressRange& range) {
           return range.contains(*bytes);
         });
}

void set_request_id(Headers& headers, const routing::IdentitySettings& settings,
                    std::string_view client_ip, Rng& rng) {
  const bool keep = settings.preserve_request_id || is_internal(settings, client_ip);
  if (keep && !headers.get(Known::x_request_id).empty()) return;
  headers.remove(Known::x_request_id);
  std::array<char, 36> id;
  write_uuid(id.data(), rng);
  headers.add_view("x-request-id", headers.intern({id.data(), id.size()}), Known::x_request_id);
}

// As Envoy: a request is internal when nobody has forwarded it and its client's address is
// internal.
void tell_external_address(Headers& headers, const routing::IdentitySettings& settings,
                           std::string_view client_ip, bool forwarded) {
  if (!settings.tell_external_address) return;
  if (!forwarded && is_internal(settings, client_ip)) return;
  headers.set("x-envoy-external-address", client_ip);
}

}  // namespace

std::string_view take_retriable_names(Headers& headers, const routing::IdentitySettings& settings,
                                      const net::Address& client) {
  if (settings.internal.empty()) return {};
  const Field* field = headers.find("x-envoy-retriable-header-names");
  if (field == nullptr || !is_internal(settings, client.ip())) return {};
  return headers.intern(field->value);
}

void drop_reserved_fields(Headers& headers) { headers.remove_if(is_reserved); }

std::string make_request_id(Rng& rng) {
  std::string id(36, '-');
  write_uuid(id.data(), rng);
  return id;
}

std::string_view add_identity(RequestHead& head, const routing::IdentitySettings& settings,
                              const Caller& caller, Rng& rng) {
  Headers& headers = head.headers;
  const std::string_view trusted = trusted_client(headers, settings);
  const std::string_view client_ip = trusted.empty() ? caller.ip : trusted;
  tell_external_address(headers, settings, client_ip, headers.has(Known::x_forwarded_for));
  if (settings.append_forwarded_for) append_forwarded_for(headers, caller.ip);
  // What an untrusted hop says about itself is not believed.
  const bool believed = settings.trusted_hops > 0 || !settings.use_remote_address;
  if (!believed || !headers.has(Known::x_forwarded_proto)) {
    headers.remove(Known::x_forwarded_proto);
    headers.add_view("x-forwarded-proto", head.scheme == "https" ? "https" : "http",
                     Known::x_forwarded_proto);
  }
  if (settings.append_forwarded_port &&
      (!believed || headers.find("x-forwarded-port") == nullptr)) {
    headers.set("x-forwarded-port", std::to_string(caller.listener_port));
  }
  forward_client_certificate(headers, settings.client_cert, caller.tls);
  if (!settings.via.empty()) headers.add("via", settings.via);
  if (settings.generate_request_id) {
    set_request_id(headers, settings, client_ip, rng);
  }
  return trusted;
}

}  // namespace gnomon::proxy
