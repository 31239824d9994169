// Named sets of counters, or of whatever else is told apart by a name from the configuration. A set
// lives as long as somebody holds it: the parts of a generation that names it, and what is in
// flight on it. The registry only finds it, so that a name that a reload drops is gone once the
// last request is, and a name that stays keeps its set.
//
// Any thread may get a set, walk them, or be the last to let one go. What is in a set guards
// itself.
#pragma once

#include <algorithm>
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
  // The set of that name, made if nobody holds one.
  std::shared_ptr<T> get(std::string_view name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto known = sets_.find(name); known != sets_.end()) {
      std::shared_ptr<T> set = known->second.lock();
      if (set == nullptr) known->second = set = std::make_shared<T>();
      return set;
    }
    if (sets_.size() >= forget_at_) forget_unheld();
    auto set = std::make_shared<T>();
    sets_.emplace(std::string(name), set);
    return set;
  }

  // Those that are held, in the order of their names.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [name, held] : sets_) {
      if (const std::shared_ptr<T> set = held.lock()) visit(name, *set);
    }
  }

  // Names in memory, those that nobody holds any more included.
  size_t names() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return sets_.size();
  }

 private:
  static constexpr size_t kForgetMin = 64;

  // At most as many names are kept for nothing as are held, and a new name costs the same on the
  // average however many there are.
  void forget_unheld() {
    std::erase_if(sets_, [](const auto& entry) { return entry.second.expired(); });
    forget_at_ = std::max(kForgetMin, 2 * sets_.size());
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<T>, std::less<>> sets_;
  size_t forget_at_ = kForgetMin;
};

}  // namespace gnomon
