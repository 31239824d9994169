// Everything that was read from a file or a tree: plain structs with positions, each valid on its
// own. Whether they fit together is for routing/snapshot_builder.h to say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "config/files.h"
#include "config/gateway.h"
#include "config/route_option.h"
#include "config/route_table.h"
#include "config/shadow_test_spec.h"
#include "config/source.h"
#include "config/upstream.h"
#include "config/upstream_group.h"
#include "config/virtual_host_option.h"
#include "config/virtual_service.h"

namespace gnomon::config {

struct Resources {
  std::shared_ptr<const Sources> sources;
  Diagnostics diagnostics;
  std::vector<VirtualService> virtual_services;
  std::vector<Upstream> upstreams;
  std::vector<Gateway> gateways;
  std::vector<ShadowTest> shadow_tests;
  std::vector<RouteTable> route_tables;
  std::vector<UpstreamGroup> upstream_groups;
  std::vector<RouteOption> route_options;
  std::vector<VirtualHostOption> virtual_host_options;
};

struct LoadLimits {
  size_t file_bytes = size_t{64} << 20;
  size_t total_bytes = size_t{512} << 20;
  size_t files = 100'000;
  size_t depth = 32;  // directories below the root
};

// Reads a file, or every *.yaml and *.yml of a directory and those below it, in the order of their
// names. Entries whose name starts with a dot are passed over: in a mounted ConfigMap they are the
// targets of the links that are read anyway.
Resources load(Files& files, const std::string& path, const LoadLimits& limits = {});

}  // namespace gnomon::config
