// Resources of one kind by "<namespace>.<name>".
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <vector>

namespace gnomon::routing {

template <typename T>
class ResourceNames {
 public:
  // The resources must outlive this.
  explicit ResourceNames(const std::vector<T>& all) {
    by_name_.reserve(all.size());
    for (const T& one : all) by_name_.emplace(one.metadata.full_name(), &one);
  }

  const T* find(const std::string& full_name) const {
    const auto found = by_name_.find(full_name);
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  boost::unordered_flat_map<std::string, const T*> by_name_;
};

}  // namespace gnomon::routing
