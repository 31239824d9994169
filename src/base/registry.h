// Named sets of counters. One thread creates and writes them; any thread may walk them. A set lives
// as long as the registry, so counters survive a reload that drops what they counted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace gnomon {

template <typename T>
class Registry {
 public:
  // The set of that name, created on first use. The reference stays valid.
  T& get(std::string_view name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto it = sets_.find(name);
    if (it == sets_.end()) it = sets_.emplace(std::string(name), std::make_unique<T>()).first;
    return *it->second;
  }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [name, set] : sets_) visit(name, *set);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<T>, std::less<>> sets_;
};

}  // namespace gnomon
