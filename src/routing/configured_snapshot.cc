#include "routing/configured_snapshot.h"

#include <algorithm>

#include "routing/snapshot_json.h"

namespace gnomon::routing {

ConfiguredSnapshot::ConfiguredSnapshot(Parts parts) : parts_(std::move(parts)) {
  for (ClusterId id = 0; id < parts_.clusters.size(); ++id) {
    cluster_ids_.emplace(parts_.clusters[id].name, id);
  }
  for (const VirtualHost& host : parts_.hosts) {
    for (const Route& route : host.routes) {
      for (const ShadowPolicy& shadow : route.shadows) {
        shadow_names_.push_back(shadow.name);
        if (shadow.control != nullptr) shadow_names_.push_back(shadow.control->name);
        if (shadow.trial != nullptr) trials_.push_back(shadow.trial);
      }
    }
  }
  std::ranges::sort(shadow_names_);
  shadow_names_.erase(std::ranges::unique(shadow_names_).begin(), shadow_names_.end());
}

ClusterId ConfiguredSnapshot::find_cluster(std::string_view name) const {
  const auto found = cluster_ids_.find(name);
  return found == cluster_ids_.end() ? kNoCluster : found->second;
}

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
