#include "routing/snapshot_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/load_cache.h"
#include "routing/build_context.h"
#include "routing/cluster_builder.h"
#include "routing/configured_snapshot.h"
#include "routing/listener_builder.h"
#include "routing/route_builder.h"
#include "routing/shadow_builder.h"
#include "routing/tls_builder.h"

namespace gnomon::routing {
namespace {

template <typename T>
KindSummary summarise(const BuildContext& context, std::string kind, std::string name,
                      const std::vector<T>& all) {
  const auto broken = std::ranges::count_if(
      all, [&](const T& resource) { return context.is_broken(resource.metadata); });
  return {std::move(kind), std::move(name), all.size(), static_cast<size_t>(broken)};
}

std::vector<KindSummary> summarise(const BuildContext& context) {
  const config::Resources& resources = context.resources;
  return {summarise(context, "VirtualService", "virtual services", resources.virtual_services),
          summarise(context, "Upstream", "upstreams", resources.upstreams),
          summarise(context, "Gateway", "gateways", resources.gateways),
          summarise(context, "ShadowTest", "shadow tests", resources.shadow_tests),
          summarise(context, "RouteTable", "route tables", resources.route_tables),
          summarise(context, "UpstreamGroup", "upstream groups", resources.upstream_groups),
          summarise(context, "RouteOption", "route options", resources.route_options),
          summarise(context, "VirtualHostOption", "virtual host options",
                    resources.virtual_host_options),
          summarise(context, "Secret", "secrets", resources.secrets)};
}

// Options that a route uses are refused there.
template <typename T>
void report_idle_back_offs(BuildContext& context, const std::vector<T>& all) {
  for (const T& resource : all) {
    if (!resource.options || !resource.options->retries) continue;
    const auto& back_off = resource.options->retries->back_off;
    if (!back_off || back_off->problem() == nullptr) continue;
    if (context.is_broken(resource.metadata)) continue;
    context.warning(resource.metadata, back_off->at,
                    fmt::format("{}; what refers to this is refused", back_off->problem()),
                    "options.retries.retryBackOff");
  }
}

template <typename T>
void collect_states(const BuildContext& context, const std::vector<T>& all,
                    std::map<std::string, config::Severity>& out) {
  for (const T& resource : all) {
    if (context.is_broken(resource.metadata)) {
      out.emplace(resource.metadata.title(), config::Severity::error);
    } else if (context.is_warned(resource.metadata)) {
      out.emplace(resource.metadata.title(), config::Severity::warning);
    }
  }
}

std::map<std::string, config::Severity> collect_states(const BuildContext& context) {
  std::map<std::string, config::Severity> out;
  const config::Resources& resources = context.resources;
  collect_states(context, resources.virtual_services, out);
  collect_states(context, resources.upstreams, out);
  collect_states(context, resources.route_tables, out);
  collect_states(context, resources.upstream_groups, out);
  return out;
}

// Live traffic and copies have pools of their own, so that each cluster needs to know which it
// gets.
void mark_uses(ConfiguredSnapshot::Parts& parts) {
  for (Cluster& cluster : parts.clusters) cluster.primary = cluster.shadow = false;
  bool any = false;  // a request may name whichever it likes
  bool all_shadows = false;
  const auto find = [&](ClusterId id) {
    return id < parts.clusters.size() ? &parts.clusters[id] : nullptr;
  };
  for (const VirtualHost& host : parts.hosts) {
    for (const Route& route : host.routes) {
      any |= !route.cluster_header.empty();
      for (const WeightedCluster& to : route.clusters) {
        if (Cluster* cluster = find(to.cluster)) cluster->primary = true;
      }
      for (const ShadowPolicy& to : route.shadows) {
        if (Cluster* cluster = find(to.cluster)) cluster->shadow = true;
        if (to.control == nullptr) continue;
        all_shadows |= !route.cluster_header.empty();
        for (const WeightedCluster& live : route.clusters) {
          if (Cluster* cluster = find(live.cluster)) cluster->shadow = true;
        }
      }
    }
  }
  if (!any) return;
  for (Cluster& cluster : parts.clusters) {
    cluster.primary = true;
    cluster.shadow |= all_shadows;
  }
}

}  // namespace

Loaded build_snapshot(const config::Resources& resources, config::Files& files) {
  BuildContext context(resources, files);
  TlsBuilder tls(context);
  build_clusters(context, tls);
  RouteSources sources(context);
  ConfiguredSnapshot::Parts parts;
  parts.hosts.reserve(resources.virtual_services.size());
  for (const config::VirtualService& service : resources.virtual_services) {
    parts.hosts.push_back(build_virtual_host(context, sources, service));
  }
  sources.delegation.report_unreached();
  report_idle_back_offs(context, resources.route_options);
  report_idle_back_offs(context, resources.virtual_host_options);
  apply_shadow_tests(context, parts.hosts);
  build_listeners(context, tls, parts);
  parts.clusters = std::move(context.clusters);
  mark_uses(parts);
  Loaded loaded;
  loaded.kinds = summarise(context);
  loaded.errors = context.diagnostics.errors();
  loaded.warnings = context.diagnostics.count(config::Severity::warning);
  if (loaded.errors == 0) {
    loaded.snapshot = std::make_shared<const ConfiguredSnapshot>(std::move(parts));
  }
  loaded.states = collect_states(context);
  loaded.files = context.files_read();
  loaded.diagnostics = context.diagnostics.sorted();
  return loaded;
}

Loaded build_snapshot(const config::Resources& resources) {
  config::DiskFiles files;
  return build_snapshot(resources, files);
}

Loaded load_snapshot(config::Files& files, const std::string& path, config::LoadCache* cache) {
  config::Resources resources = config::load(files, path, {}, cache);
  Loaded loaded = build_snapshot(resources, files);
  if (cache != nullptr) cache->keep(resources);
  return loaded;
}

Loaded load_snapshot(const std::string& path, config::LoadCache* cache) {
  config::DiskFiles files;
  return load_snapshot(files, path, cache);
}

}  // namespace gnomon::routing
