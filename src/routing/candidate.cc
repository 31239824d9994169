#include "routing/candidate.h"

#include <fmt/format.h>

#include <set>

namespace gnomon::routing {

std::string candidate_text(const BuildContext& context, const ShadowPolicy& policy) {
  std::string out = fmt::format("{}\n{} {}\n", policy.cluster_name, policy.append_host_suffix,
                                policy.host_rewrite);
  for (const HeaderEdit& edit : policy.edits) {
    out += fmt::format("{} {}: {}\n", static_cast<int>(edit.op), edit.name, edit.value);
  }
  if (policy.cluster == kNoCluster) return out;
  const Cluster& cluster = context.clusters[policy.cluster];
  out += fmt::format("tls {} http2 {} {}\n", cluster.tls != nullptr, cluster.connection.http2,
                     cluster.connection.follow_client);
  std::set<std::string> hosts;  // in whatever order they are written
  for (const Endpoint& endpoint : cluster.endpoints) {
    hosts.insert(fmt::format("{}:{} {}\n", endpoint.host, endpoint.port, endpoint.server_name));
  }
  for (const std::string& host : hosts) out += host;
  return out;
}

}  // namespace gnomon::routing
