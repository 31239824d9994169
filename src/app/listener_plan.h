// From the listeners that a configuration asks for to addresses that can be bound.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/worker.h"
#include "routing/snapshot.h"

namespace gnomon::app {

class ListenerPlan {
 public:
  // `override_address` is --listen: it replaces the address of the only listener.
  explicit ListenerPlan(std::optional<std::string> override_address)
      : override_(std::move(override_address)) {}

  // Whether the override fits the snapshot: there must be one listener, no more and no less.
  std::expected<void, std::string> check(const routing::Snapshot& snapshot) const;
  // The listeners of a snapshot, in its order, each with a real port. Addresses that are not open
  // yet are tried; an error says which cannot be had. Nothing counts as open until commit().
  std::expected<std::vector<BoundListener>, std::string> prepare(const routing::Snapshot& snapshot);
  // What was prepared last is open now.
  void commit() { open_ = prepared_; }

 private:
  std::optional<std::string> override_;
  // Asked-for address to bound address, so that port 0 stays the same port over reloads.
  std::map<std::string, net::Address> open_;
  std::map<std::string, net::Address> prepared_;
};

// Whether that listener is at the address of the one before it.
bool shares_address(std::span<const routing::Listener> listeners, size_t at) noexcept;

// "127.0.0.1:80", "[::1]:80", ":80" (all addresses).
std::optional<net::Address> parse_listen_address(const std::string& text);

}  // namespace gnomon::app
