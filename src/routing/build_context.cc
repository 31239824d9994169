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
  if (reached_.service != nullptr) broken_.insert(reached_.service);
  if (!is_first(at, field, message)) return;
  diagnostics.error(at, with_origin(owner, std::move(message)), path_of(owner, field),
                    std::move(hint));
}

void BuildContext::warning(const config::Metadata& owner, config::Position at, std::string message,
                           std::string_view field, std::string hint) {
  warned_.insert(&owner);
  if (reached_.service != nullptr) warned_.insert(reached_.service);
  if (!is_first(at, field, message)) return;
  diagnostics.warning(at, with_origin(owner, std::move(message)), path_of(owner, field),
                      std::move(hint));
}

bool BuildContext::is_first(config::Position at, std::string_view field, std::string_view message) {
  // Far beyond what is kept and shown.
  constexpr size_t kRememberedMax = 100'000;
  if (told_.size() >= kRememberedMax) return true;
  const std::string key =
      fmt::format("{}:{}:{} {} {}", at.file, at.line, at.column, field, message);
  return told_.insert(std::hash<std::string>()(key)).second;
}

std::string BuildContext::with_origin(const config::Metadata& owner, std::string message) const {
  if (reached_.service == nullptr || reached_.service == &owner) return message;
  return fmt::format("{}; reached from {} ({})", message, reached_.from->title(),
                     source_of(reached_.at));
}

std::expected<std::string, std::string> BuildContext::read_file(const std::string& path,
                                                                size_t bytes_max) {
  size_t& hash = files_read_[path] = 0;
  const config::Files::Kind kind = files_.kind(path);
  // A pipe would be waited for.
  if (kind == config::Files::Kind::missing) return std::unexpected("there is no such file");
  if (kind != config::Files::Kind::file) return std::unexpected("it is not a file");
  std::expected<std::string, std::string> text = files_.read(path, bytes_max);
  if (text) hash = std::hash<std::string>()(*text);
  return text;
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

void warn_of_missing_namespace(BuildContext& context, const config::ResourceRef& ref,
                               const config::Metadata& owner, std::string_view field) {
  if (!ref.name_space.empty()) return;
  context.warning(owner, ref.at,
                  fmt::format("there is no namespace, and Gloo would find nothing; taken for {}",
                              owner.name_space),
                  field, fmt::format("add \"namespace: {}\"", owner.name_space));
}

std::string full_name(const config::ResourceRef& ref, const config::Metadata& owner) {
  return fmt::format("{}.{}", name_space_of(ref, owner), ref.name);
}

std::string cluster_name(const config::ResourceRef& ref, const config::Metadata& owner) {
  return fmt::format("{}_{}", ref.name, name_space_of(ref, owner));
}

Millis to_millis(config::Duration duration) { return std::chrono::ceil<Millis>(duration); }

}  // namespace gnomon::routing
