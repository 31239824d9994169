// What a VirtualService says for all of its routes, together with the VirtualHostOptions that it
// refers to.
#pragma once

#include <memory>
#include <vector>

#include "config/virtual_host_option.h"
#include "config/virtual_service.h"
#include "routing/build_context.h"
#include "routing/plan.h"
#include "routing/resource_names.h"

namespace gnomon::routing {

struct HostOptions {
  config::VirtualHostOptions merged;
  RetryPolicy retries;
  std::shared_ptr<const HeaderEdits> edits;
  std::shared_ptr<const RouteFilters> filters;
  std::vector<OptionsOrigin> origins;
};

HostOptions build_host_options(BuildContext& context,
                               const ResourceNames<config::VirtualHostOption>& known,
                               const config::VirtualService& service);

}  // namespace gnomon::routing
