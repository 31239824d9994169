// The Snapshot that configuration files become.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "routing/domain_table.h"
#include "routing/route_table.h"
#include "routing/snapshot.h"

namespace gnomon::routing {

// A VirtualService. Never moves once a Snapshot holds it, since matches point into it.
struct VirtualHost {
  std::string name;    // "<namespace>.<name>"
  std::string source;  // "file:line"
  std::vector<std::string> domains;
  std::vector<OptionsOrigin> options;  // in order of precedence
  std::vector<Route> routes;
  RouteTable table;  // its rules name routes by index
};

// The virtual hosts that can be reached at one listener.
struct ListenerHosts {
  DomainTable domains;  // values are indices into the snapshot's virtual hosts
  std::vector<uint32_t> hosts;
};

class ConfiguredSnapshot : public Snapshot {
 public:
  struct Parts {
    std::vector<Listener> listeners;
    std::vector<ListenerHosts> listener_hosts;  // one per listener
    std::vector<Cluster> clusters;
    std::vector<VirtualHost> hosts;
  };

  explicit ConfiguredSnapshot(Parts parts);

  Match match(size_t listener, const RequestHead& head) const override;
  std::span<const Listener> listeners() const override { return parts_.listeners; }
  std::span<const Cluster> clusters() const override { return parts_.clusters; }
  std::span<const std::string> shadow_names() const override { return shadow_names_; }
  std::span<const std::shared_ptr<const Trial>> trials() const override { return trials_; }
  ClusterId find_cluster(std::string_view name) const override;
  std::string to_json() const override;

  const Parts& parts() const noexcept { return parts_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  Parts parts_;
  std::vector<std::string> shadow_names_;
  std::vector<std::shared_ptr<const Trial>> trials_;
  boost::unordered_flat_map<std::string, ClusterId, Hash, std::equal_to<>> cluster_ids_;
};

}  // namespace gnomon::routing
