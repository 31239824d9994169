#include "proxy/cluster_set.h"

#include <utility>

namespace gnomon::proxy {

void ClusterSet::install(routing::SnapshotPtr snapshot, AddressBookPtr book,
                         const std::function<bool(routing::ClusterId)>& wanted) {
  book_ = std::move(book);
  auto next = std::make_shared<ClusterGeneration>();
  std::map<std::string, std::shared_ptr<Cluster>> by_name;
  const auto configs = snapshot->clusters();
  next->clusters.resize(configs.size());
  for (routing::ClusterId id = 0; id < configs.size(); ++id) {
    if (!wanted(id)) continue;
    const routing::Cluster& config = configs[id];
    std::shared_ptr<Cluster> cluster;
    if (const auto old = by_name_.find(config.name); old != by_name_.end()) {
      cluster = old->second;
      cluster->configure(config, *book_);
    } else {
      cluster = std::make_shared<Cluster>(context_, rng_, config, *book_,
                                          breakers_.get(config.name), stats_.get(config.name));
    }
    next->clusters[id] = cluster;
    by_name.emplace(config.name, std::move(cluster));
  }
  next->snapshot = std::move(snapshot);
  by_name_ = std::move(by_name);
  current_ = std::move(next);
}

void ClusterSet::resolve(AddressBookPtr book) {
  book_ = std::move(book);
  for (const auto& [name, cluster] : by_name_) cluster->resolve(*book_);
}

void ClusterSet::close_stale() {
  for (const auto& [name, cluster] : by_name_) cluster->close_stale();
}

}  // namespace gnomon::proxy
