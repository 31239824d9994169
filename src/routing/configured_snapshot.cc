#include "routing/configured_snapshot.h"

#include "routing/snapshot_json.h"

namespace gnomon::routing {

Match ConfiguredSnapshot::match(size_t listener, const RequestHead& head) const {
  if (listener >= parts_.listener_hosts.size()) return {};
  const auto index = parts_.listener_hosts[listener].domains.find(head.authority);
  if (!index) return {};
  const VirtualHost& host = parts_.hosts[*index];
  const RouteTable::Found found = host.table.find(head);
  if (found.rule == nullptr) return {nullptr, host.name, 0};
  return {&host.routes[found.rule->route], host.name, found.matched_path_bytes};
}

std::string ConfiguredSnapshot::to_json() const { return snapshot_json(parts_); }

}  // namespace gnomon::routing
