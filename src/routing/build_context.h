// What the steps of building a snapshot share: where problems go, and the clusters by name.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/metadata.h"
#include "config/resources.h"
#include "routing/plan.h"
#include "routing/resource_names.h"

namespace gnomon::routing {

class BuildContext {
 public:
  BuildContext(const config::Resources& from, config::Files& disk)
      : resources(from), secrets(from.secrets), diagnostics(from.diagnostics), files_(disk) {}

  const config::Resources& resources;
  const ResourceNames<config::Secret> secrets;
  config::Diagnostics diagnostics;
  std::vector<Cluster> clusters;

  // Bodies of direct responses, by VirtualService: how long they may be is for its Gateways to say.
  struct DirectBody {
    const config::Metadata* owner;
    config::Position at;
    size_t bytes;
  };
  boost::unordered_flat_map<const config::Metadata*, std::vector<DirectBody>> direct_bodies;

  // `field` is the path below the resource's spec. The same problem at the same place is told once,
  // however many routes lead there.
  void error(const config::Metadata& owner, config::Position at, std::string message,
             std::string_view field = {}, std::string hint = {});
  void warning(const config::Metadata& owner, config::Position at, std::string message,
               std::string_view field = {}, std::string hint = {});

  // While a VirtualService builds what stands in other resources: problems say from which route
  // they were reached, and count for the VirtualService too. clear_reached() ends that.
  struct Reached {
    const config::Metadata* service = nullptr;
    const config::Metadata* from = nullptr;  // owner of the route that led here
    config::Position at;
  };
  void set_reached(const Reached& reached) { reached_ = reached; }
  void clear_reached() { reached_ = Reached(); }

  bool is_broken(const config::Metadata& resource) const {
    return resource.broken || broken_.contains(&resource);
  }
  bool is_warned(const config::Metadata& resource) const {
    return resource.warned || warned_.contains(&resource);
  }

  std::string source_of(config::Position at) const { return resources.sources->describe(at); }

  // A file that the configuration names, such as a certificate.
  std::expected<std::string, std::string> read_file(const std::string& path, size_t bytes_max);
  // Those that were asked for, with a hash of what they say; 0 where they could not be read.
  const std::map<std::string, size_t>& files_read() const noexcept { return files_read_; }

  void add_cluster(const config::Metadata& owner, Cluster cluster);
  // kNoCluster if there is no such Upstream. The namespace of a reference defaults to its owner's.
  ClusterId find_cluster(const config::ResourceRef& ref, const config::Metadata& owner) const;

 private:
  bool is_first(config::Position at, std::string_view field, std::string_view message);
  std::string with_origin(const config::Metadata& owner, std::string message) const;

  config::Files& files_;
  std::map<std::string, size_t> files_read_;
  std::set<const config::Metadata*> broken_;
  std::set<const config::Metadata*> warned_;
  boost::unordered_flat_set<size_t> told_;  // hashes
  Reached reached_;
  boost::unordered_flat_map<std::string, ClusterId> cluster_ids_;
};

// "<namespace>.<name>" of what a reference means.
std::string full_name(const config::ResourceRef& ref, const config::Metadata& owner);
// Gloo leaves some references without a namespace as they are and then finds nothing. Here the
// owner's is taken, and this says so.
void warn_of_missing_namespace(BuildContext& context, const config::ResourceRef& ref,
                               const config::Metadata& owner, std::string_view field);
// "<name>_<namespace>", as Gloo names Envoy's clusters.
std::string cluster_name(const config::ResourceRef& ref, const config::Metadata& owner);

// Rounded up, so that a short time does not become none.
Millis to_millis(config::Duration duration);

}  // namespace gnomon::routing
