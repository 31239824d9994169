// Everything that was read from a file or a tree: plain structs with positions, each valid on its
// own. Whether they fit together is for routing/snapshot_builder.h to say.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "config/files.h"
#include "config/gateway.h"
#include "config/matchable_http_gateway.h"
#include "config/route_option.h"
#include "config/route_table.h"
#include "config/secret.h"
#include "config/shadow_test_spec.h"
#include "config/source.h"
#include "config/upstream.h"
#include "config/upstream_group.h"
#include "config/virtual_host_option.h"
#include "config/virtual_service.h"

namespace gnomon::config {

struct ResourceLists {
  std::vector<VirtualService> virtual_services;
  std::vector<Upstream> upstreams;
  std::vector<Gateway> gateways;
  std::vector<ShadowTest> shadow_tests;
  std::vector<RouteTable> route_tables;
  std::vector<UpstreamGroup> upstream_groups;
  std::vector<RouteOption> route_options;
  std::vector<VirtualHostOption> virtual_host_options;
  std::vector<Secret> secrets;
  std::vector<MatchableHttpGateway> matchable_http_gateways;
};
constexpr size_t kListCount = 10;

// Calls visit(list of a, list of b) for each kind, always in the same order.
template <typename Visit>
void for_each_list(ResourceLists& a, ResourceLists& b, Visit&& visit) {
  visit(a.virtual_services, b.virtual_services);
  visit(a.upstreams, b.upstreams);
  visit(a.gateways, b.gateways);
  visit(a.shadow_tests, b.shadow_tests);
  visit(a.route_tables, b.route_tables);
  visit(a.upstream_groups, b.upstream_groups);
  visit(a.route_options, b.route_options);
  visit(a.virtual_host_options, b.virtual_host_options);
  visit(a.secrets, b.secrets);
  visit(a.matchable_http_gateways, b.matchable_http_gateways);
}

// One of the files that were read, for a LoadCache.
struct LoadedFile {
  std::string path;
  uint32_t file = 0;                        // in Resources::sources
  std::array<size_t, kListCount> counts{};  // resources of each kind, in the order of files
  Diagnostics::Slice problems;
  bool intact = false;  // all of its resources were taken, without an error
};

struct Resources : ResourceLists {
  explicit Resources(const std::shared_ptr<const Sources>& from)
      : sources(from), diagnostics(from) {}

  std::shared_ptr<const Sources> sources;
  Diagnostics diagnostics;
  std::vector<LoadedFile> files;
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
// With a cache, files that have not changed since it was filled are not parsed again.
class LoadCache;
Resources load(Files& files, const std::string& path, const LoadLimits& limits = {},
               LoadCache* cache = nullptr);

}  // namespace gnomon::config
