// Several gateways behind one address: which of them a connection is for. As the filter chains of
// an Envoy, the name that a client asks for by TLS decides first and its address second; each time
// what fits most closely counts, and nothing that fits less closely is tried after it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routing/listener_settings.h"
#include "tls/server_context.h"

namespace gnomon::routing {

// What one of them says about its connections.
struct EntranceRule {
  bool tls = false;
  std::vector<std::pair<std::string, tls::ServerContextPtr>> names;  // of TLS; "" is any
  std::vector<AddressRange> sources;                                 // none: from everywhere
  std::optional<uint32_t> listener = 0;  // who serves them; nothing: they are turned away
};

// For clients of one range of addresses. Certificates are tagged with who serves their clients.
struct Entrance {
  AddressRange sources;
  tls::ServerContextsPtr tls;     // null: TLS is not spoken
  std::optional<uint32_t> clear;  // who takes what is not TLS
};

class Entrances {
 public:
  // Told of two rules, by their indices, that take the very same connections.
  using OnConflict = std::function<void(uint32_t first, uint32_t second, std::string_view name)>;

  Entrances(const std::vector<EntranceRule>& rules, const OnConflict& on_conflict);

  // Null where nobody takes connections from that address.
  const Entrance* find(std::string_view ip) const noexcept;

 private:
  std::vector<Entrance> entrances_;  // those of the longest ranges first
};
using EntrancesPtr = std::shared_ptr<const Entrances>;

}  // namespace gnomon::routing
