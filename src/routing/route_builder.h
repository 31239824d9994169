// A VirtualService to the virtual host that serves it.
#pragma once

#include "config/virtual_service.h"
#include "routing/build_context.h"
#include "routing/cluster_groups.h"
#include "routing/configured_snapshot.h"
#include "routing/delegation.h"
#include "routing/resource_names.h"

namespace gnomon::routing {

// The resources that routes refer to beside Upstreams. Clusters come first.
struct RouteSources {
  explicit RouteSources(BuildContext& context);

  Delegation delegation;
  ClusterGroups groups;
  ResourceNames<config::VirtualHostOption> host_options;
};

VirtualHost build_virtual_host(BuildContext& context, RouteSources& sources,
                               const config::VirtualService& service);

}  // namespace gnomon::routing
