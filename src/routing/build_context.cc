#include "routing/build_context.h"

#include <fmt/format.h>

namespace gnomon::routing {
namespace {

std::string_view name_space_of(const config::ResourceRef& ref, const config::Metadata& owner) {
  return ref.name_space.empty() ? owner.name_space : ref.name_space;
}

std::string path_of(const config::Metadata& owner, std::string_view field) {
  return field.empty() ? std::string() : owner.path(field);
}

}  // namespace

void BuildContext::error(const config::Metadata& owner, config::Position at, std::string message,
                         std::string_view field, std::string hint) {
  broken_.insert(&owner);
  diagnostics.error(at, std::move(message), path_of(owner, field), std::move(hint));
}

void BuildContext::warning(const config::Metadata& owner, config::Position at, std::string message,
                           std::string_view field, std::string hint) {
  diagnostics.warning(at, std::move(message), path_of(owner, field), std::move(hint));
}

void BuildContext::add_cluster(const config::Metadata& owner, Cluster cluster) {
  cluster_ids_.emplace(owner.full_name(), static_cast<ClusterId>(clusters.size()));
  clusters.push_back(std::move(cluster));
}

ClusterId BuildContext::find_cluster(const config::ResourceRef& ref,
                                     const config::Metadata& owner) const {
  const auto found = cluster_ids_.find(full_name(ref, owner));
  return found == cluster_ids_.end() ? kNoCluster : found->second;
}

std::string full_name(const config::ResourceRef& ref, const config::Metadata& owner) {
  return fmt::format("{}.{}", name_space_of(ref, owner), ref.name);
}

std::string cluster_name(const config::ResourceRef& ref, const config::Metadata& owner) {
  return fmt::format("{}_{}", ref.name, name_space_of(ref, owner));
}

Millis to_millis(config::Duration duration) { return std::chrono::ceil<Millis>(duration); }

}  // namespace gnomon::routing
