#include "app/listener_plan.h"

#include <fmt/format.h>

#include <charconv>

#include "msg/head.h"
#include "net/tcp.h"

namespace gnomon::app {

bool shares_address(std::span<const routing::Listener> listeners, size_t at) noexcept {
  return at > 0 && listeners[at].entrances != nullptr &&
         listeners[at].entrances == listeners[at - 1].entrances;
}

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

std::expected<void, std::string> ListenerPlan::check(const routing::Snapshot& snapshot) const {
  const auto listeners = snapshot.listeners();
  if (listeners.empty()) {
    return std::unexpected("none of the Gateways can be opened, so nothing would listen");
  }
  std::string names;
  size_t addresses = 0;
  for (size_t i = 0; i < listeners.size(); ++i) {
    if (shares_address(listeners, i)) continue;
    ++addresses;
    names += fmt::format("{}{}", names.empty() ? ": " : ", ", listeners[i].name);
  }
  if (!override_ || addresses == 1) return {};
  return std::unexpected(
      fmt::format("--listen replaces the address of the only listener, but the configuration has "
                  "{}{}",
                  addresses, names));
}

std::expected<std::vector<BoundListener>, std::string> ListenerPlan::prepare(
    const routing::Snapshot& snapshot) {
  if (auto fits = check(snapshot); !fits) return std::unexpected(std::move(fits.error()));
  prepared_.clear();
  std::vector<BoundListener> out;
  const auto wanted = snapshot.listeners();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const routing::Listener& listener = wanted[i];
    if (shares_address(wanted, i)) {
      out.push_back({listener.name, out.back().address});
      continue;
    }
    const std::string asked_by = override_ ? "--listen" : "listener " + listener.name;
    const std::optional<net::Address> address =
        override_ ? parse_listen_address(*override_)
                  : net::Address::parse(listener.address, listener.port);
    if (!address) {
      return std::unexpected(
          fmt::format("{}: not an address: {}", asked_by, override_.value_or(listener.address)));
    }
    // Whichever of a hybrid Gateway's comes first.
    const std::string key =
        address->to_string() + " " + listener.name.substr(0, listener.name.find('/'));
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
    if (!bound) return std::unexpected(fmt::format("{}: {}", asked_by, bound.error()));
    out.push_back({listener.name, *bound});
    prepared_.emplace(key, *bound);
  }
  return out;
}

}  // namespace gnomon::app
