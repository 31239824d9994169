// Counts by name, for few names: outcomes and reasons. Names beyond the limit count as "other".
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gnomon::verdict {

class Tally {
 public:
  static constexpr size_t kMostNames = 64;
  static constexpr std::string_view kOther = "other";

  void add(std::string_view name, uint64_t times = 1) {
    auto known = counts_.find(name);
    if (known == counts_.end()) {
      if (counts_.size() >= kMostNames) name = kOther;
      known = counts_.try_emplace(std::string(name)).first;
    }
    known->second += times;
  }
  Tally& operator+=(const Tally& more) {
    for (const auto& [name, times] : more.counts_) add(name, times);
    return *this;
  }
  uint64_t of(std::string_view name) const {
    const auto known = counts_.find(name);
    return known == counts_.end() ? 0 : known->second;
  }
  uint64_t total() const noexcept {
    uint64_t sum = 0;
    for (const auto& [name, times] : counts_) sum += times;
    return sum;
  }
  const std::map<std::string, uint64_t, std::less<>>& counts() const noexcept { return counts_; }

  friend bool operator==(const Tally&, const Tally&) = default;

 private:
  std::map<std::string, uint64_t, std::less<>> counts_;
};

}  // namespace gnomon::verdict
