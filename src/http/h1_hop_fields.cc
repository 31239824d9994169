#include "http/h1_hop_fields.h"

#include <algorithm>
#include <array>
#include <limits>

#include "http/h1_bytes.h"

namespace gnomon::http {
namespace {

// More members than any client needs, and few enough that removing the named fields stays cheap.
constexpr uint32_t kOptionsMax = 64;

bool is_token(std::string_view s) noexcept {
  return !s.empty() && skip_token(s.data(), s.data() + s.size()) == s.data() + s.size();
}

// Members may be empty.
bool is_token_list(std::string_view list) noexcept {
  while (!list.empty()) {
    const std::string_view member = next_member(list);
    if (!member.empty() && !is_token(member)) return false;
  }
  return true;
}

constexpr std::array<std::string_view, 38> kNotInTrailers = {
    "accept-encoding",
    "accept-ranges",
    "age",
    "alt-svc",
    "cache-control",
    "clear-site-data",
    "content-disposition",
    "content-encoding",
    "content-range",
    "content-type",
    "expires",
    "forwarded",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "range",
    "referer",
    "set-cookie",
    "strict-transport-security",
    "true-client-ip",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-real-ip",
    "x-http-method-override",
    "x-original-url",
    "x-rewrite-url",
};

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return name.size() >= prefix.size() && equals_ignore_case(name.substr(0, prefix.size()), prefix);
}

}  // namespace

int64_t parse_content_length(std::string_view value) noexcept {
  if (value.empty()) return kNoLength;
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  int64_t length = 0;
  for (const char c : value) {
    if (!is_digit(c)) return kNoLength;
    const int64_t digit = c - '0';
    if (length > (kMax - digit) / 10) return kNoLength;
    length = length * 10 + digit;
  }
  return length;
}

bool forbidden_in_trailers(Known known, std::string_view name) noexcept {
  switch (known) {
    case Known::none:
      return has_prefix(name, "x-forwarded-") || has_prefix(name, "x-envoy-") ||
             std::ranges::any_of(kNotInTrailers, [name](std::string_view forbidden) {
               return equals_ignore_case(name, forbidden);
             });
    case Known::user_agent:
    case Known::server:
      return false;
    default:
      return true;
  }
}

bool HopFields::owns(Known known) noexcept {
  switch (known) {
    case Known::connection:
    case Known::content_length:
    case Known::transfer_encoding:
    case Known::te:
    case Known::upgrade:
    case Known::keep_alive:
    case Known::proxy_connection:
      return true;
    default:
      return false;
  }
}

HopFields::Take HopFields::take(Known known, std::string_view value, ProtocolError& error) {
  const auto taken = [](bool ok) { return ok ? Take::taken : Take::failed; };
  switch (known) {
    case Known::connection:
      return taken(take_connection(value, error));
    case Known::content_length:
      return taken(take_content_length(value, error));
    case Known::transfer_encoding:
      return taken(take_transfer_encoding(value, error));
    case Known::te:
      while (!value.empty()) te_trailers_ |= equals_ignore_case(next_member(value), "trailers");
      return Take::taken;
    case Known::upgrade:
      ++upgrades_;
      upgrade_ = value;
      return Take::taken;
    case Known::proxy_connection:
      if (is_token_list(value)) return Take::taken;
      error = {400, "malformed Proxy-Connection"};
      return Take::failed;
    case Known::keep_alive:
      return Take::taken;
    default:
      return Take::keep;
  }
}

bool HopFields::take_connection(std::string_view value, ProtocolError& error) {
  while (!value.empty()) {
    const std::string_view option = next_member(value);
    if (++options_ > kOptionsMax) {
      error = {400, "too many members in Connection"};
      return false;
    }
    if (option.empty()) continue;
    if (!is_token(option)) {
      error = {400, "malformed Connection"};
      return false;
    }
    if (equals_ignore_case(option, "close")) {
      close_ = true;
    } else if (equals_ignore_case(option, "keep-alive")) {
      keep_alive_ = true;
    } else if (equals_ignore_case(option, "upgrade")) {
      upgrade_named_ = true;
    } else if (!equals_ignore_case(option, "te")) {
      named_.push_back(option);
    }
  }
  return true;
}

bool HopFields::take_content_length(std::string_view value, ProtocolError& error) {
  if (content_length_ != kNoLength) {
    error = {400, "more than one Content-Length"};
    return false;
  }
  content_length_ = parse_content_length(value);
  if (content_length_ != kNoLength) return true;
  error = {400, "malformed Content-Length"};
  return false;
}

bool HopFields::take_transfer_encoding(std::string_view value, ProtocolError& error) {
  if (++transfer_encodings_ > 1) {
    error = {400, "more than one Transfer-Encoding"};
    return false;
  }
  if (equals_ignore_case(value, "chunked")) return true;
  // A coding that we do not know around a body whose end we do know is 501 (RFC 9112 section 6.1);
  // when chunked is not the last coding, the end is unknowable: 400.
  const size_t comma = value.rfind(',');
  const bool ends_chunked = comma != std::string_view::npos && comma > 0 &&
                            equals_ignore_case(trim_ows(value.substr(comma + 1)), "chunked");
  error = {static_cast<uint16_t>(ends_chunked ? 501 : 400), "unsupported Transfer-Encoding"};
  return false;
}

bool HopFields::check(Version version, ProtocolError& error) const {
  if (transfer_encodings_ == 0) return true;
  if (content_length_ != kNoLength) {
    error = {400, "Transfer-Encoding with Content-Length"};
    return false;
  }
  if (version == Version::http10) {
    error = {400, "Transfer-Encoding in HTTP/1.0"};
    return false;
  }
  return true;
}

void HopFields::strip_named(Headers& headers) const {
  if (named_.empty()) return;
  headers.remove_if([this](const Field& field) {
    return std::ranges::any_of(
        named_, [&field](std::string_view name) { return equals_ignore_case(field.name, name); });
  });
}

bool names_h2c(std::string_view protocols) noexcept {
  while (!protocols.empty()) {
    if (equals_ignore_case(next_member(protocols), "h2c")) return true;
  }
  return false;
}

std::string_view HopFields::upgrade() const noexcept {
  if (!upgrade_named_ || upgrades_ != 1 || names_h2c(upgrade_)) return {};
  return upgrade_;
}

void HopFields::clear() {
  std::vector<std::string_view> named = std::move(named_);
  named.clear();
  *this = HopFields();
  named_ = std::move(named);
}

}  // namespace gnomon::http
