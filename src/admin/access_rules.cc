#include "admin/access_rules.h"

#include <algorithm>
#include <optional>

#include "msg/head.h"

namespace gnomon::admin {
namespace {

constexpr std::string_view kScheme = "http://";

std::string without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return std::string(host);
}

}  // namespace

bool is_loopback(const net::Address& address) {
  const std::string ip = address.ip();
  return ip == "::1" || ip.starts_with("127.");
}

std::expected<void, std::string> check_admin_address(const net::Address& address) {
  if (is_loopback(address)) return {};
  return std::unexpected(
      "the admin API has no authentication and must not be reachable from other machines: " +
      address.to_string() + " is not a loopback address; use 127.0.0.1 or ::1");
}

bool host_allowed(std::string_view authority, const net::Address& bound, const Access& access) {
  const std::string_view host = split_authority(authority).host;
  const auto is_it = [host](std::string_view name) { return equals_ignore_case(host, name); };
  if (is_it("localhost") || std::ranges::any_of(access.hosts, is_it)) return true;
  const std::optional<net::Address> address = net::Address::parse(without_brackets(host), 0);
  if (!address) return false;
  return access.verdicts_only || is_loopback(*address) || address->ip() == bound.ip();
}

bool origin_allowed(const Headers& headers, std::string_view authority) {
  for (const Field& field : headers) {
    if (equals_ignore_case(field.name, "origin")) {
      if (field.value.size() != kScheme.size() + authority.size() ||
          !equals_ignore_case(field.value.substr(0, kScheme.size()), kScheme) ||
          !equals_ignore_case(field.value.substr(kScheme.size()), authority)) {
        return false;
      }
    }
    if (equals_ignore_case(field.name, "sec-fetch-site") && field.value != "same-origin" &&
        field.value != "none") {
      return false;
    }
  }
  return true;
}

}  // namespace gnomon::admin
