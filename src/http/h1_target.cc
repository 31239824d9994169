#include "http/h1_target.h"

#include <arpa/inet.h>

#include <cstring>

#include "http/h1_bytes.h"

namespace gnomon::http {
namespace {

constexpr size_t kHostBytesMax = 255;  // RFC 3986 section 3.2.2

bool valid_port(std::string_view port) noexcept {
  if (port.empty() || port.size() > 5) return false;
  unsigned value = 0;
  for (const char c : port) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

bool valid_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kHostBytesMax || name.front() == '.') return false;
  if (skip(name.data(), name.data() + name.size(), kHost) != name.data() + name.size())
    return false;
  return name.find("..") == std::string_view::npos;
}

bool valid_ipv6(std::string_view address) noexcept {
  char text[INET6_ADDRSTRLEN];
  if (address.size() >= sizeof(text) || address.find('\0') != std::string_view::npos) return false;
  std::memcpy(text, address.data(), address.size());
  text[address.size()] = '\0';
  in6_addr parsed;
  return inet_pton(AF_INET6, text, &parsed) == 1;
}

std::string_view without_default_port(std::string_view authority,
                                      std::string_view scheme) noexcept {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.remove_suffix(port.size());
  return without_empty_port(authority);
}

bool starts_with_ignore_case(std::string_view s, std::string_view prefix) noexcept {
  return s.size() >= prefix.size() && equals_ignore_case(s.substr(0, prefix.size()), prefix);
}

}  // namespace

bool valid_authority(std::string_view authority) noexcept {
  if (authority.starts_with('[')) {
    const size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    const std::string_view rest = authority.substr(bracket + 1);
    if (!rest.empty() && (rest.front() != ':' || !valid_port(rest.substr(1)))) return false;
    return valid_ipv6(authority.substr(1, bracket - 1));
  }
  const size_t colon = authority.find(':');
  if (colon != std::string_view::npos && !valid_port(authority.substr(colon + 1))) return false;
  return valid_name(authority.substr(0, colon));
}

std::string_view without_empty_port(std::string_view authority) noexcept {
  if (authority.ends_with(':')) authority.remove_suffix(1);
  return authority;
}

bool same_authority(std::string_view a, std::string_view b, std::string_view scheme) noexcept {
  return equals_ignore_case(without_default_port(a, scheme), without_default_port(b, scheme));
}

bool parse_target(Method method, std::string_view text, Target& target, ProtocolError& error) {
  if (method == Method::connect) {
    error = {501, "CONNECT is not supported"};
    return false;
  }
  if (method == Method::trace) {
    error = {405, "TRACE is not allowed"};
    return false;
  }
  if (text.starts_with('/') || (text == "*" && method == Method::options)) {
    target = {.scheme = {}, .authority = {}, .path = text};
    return true;
  }
  if (starts_with_ignore_case(text, "http://")) {
    target.scheme = "http";
    text.remove_prefix(7);
  } else if (starts_with_ignore_case(text, "https://")) {
    target.scheme = "https";
    text.remove_prefix(8);
  } else {
    error = {400, "request target of a form that is not allowed"};
    return false;
  }
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  target.authority = without_empty_port(text.substr(0, end));
  target.path = text.substr(end);
  if (!valid_authority(target.authority)) {
    error = {400, "malformed authority in the request target"};
    return false;
  }
  // RFC 9112 section 3.2.4: OPTIONS without a path is about the whole server.
  if (target.path.empty()) target.path = method == Method::options ? "*" : "/";
  return true;
}

}  // namespace gnomon::http
