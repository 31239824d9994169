#include "app/listener_plan.h"

#include <fmt/format.h>

#include <charconv>

#include "msg/head.h"
#include "net/tcp.h"

namespace gnomon::app {

std::optional<net::Address> parse_listen_address(const std::string& text) {
  const AuthorityParts parts = split_authority(text);
  if (parts.port.size() < 2) return std::nullopt;
  uint16_t port = 0;
  const char* end = parts.port.data() + parts.port.size();
  const auto [stop, error] = std::from_chars(parts.port.data() + 1, end, port);
  if (error != std::errc() || stop != end) return std::nullopt;
  std::string host(parts.host);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return net::Address::parse(host.empty() ? "::" : host, port);
}

std::expected<std::vector<BoundListener>, std::string> ListenerPlan::prepare(
    const routing::Snapshot& snapshot) {
  prepared_.clear();
  std::vector<BoundListener> out;
  const auto wanted = snapshot.listeners();
  for (const routing::Listener& listener : wanted) {
    std::optional<net::Address> address = net::Address::parse(listener.address, listener.port);
    if (override_.has_value() && wanted.size() == 1) address = parse_listen_address(*override_);
    if (!address) {
      return std::unexpected(
          fmt::format("listener {}: not an address: {}", listener.name, listener.address));
    }
    const std::string key = address->to_string() + " " + listener.name;
    if (const auto open = open_.find(key); open != open_.end()) {
      out.push_back({listener.name, open->second});
      prepared_.emplace(key, open->second);
      continue;
    }
    bool already_open = false;
    for (const auto& [name, bound] : open_) already_open |= bound == *address;
    if (already_open) {
      out.push_back({listener.name, *address});
      prepared_.emplace(key, *address);
      continue;
    }
    const auto bound = net::probe_bind(*address);
    if (!bound)
      return std::unexpected(fmt::format("listener {}: {}", listener.name, bound.error()));
    out.push_back({listener.name, *bound});
    prepared_.emplace(key, *bound);
  }
  return out;
}

}  // namespace gnomon::app
