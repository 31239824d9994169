// Where in a document a walk is: the way down from the root.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::compare {

class Trail {
 public:
  void clear() noexcept { steps_.clear(); }
  // A dynamic name is one of many: "{}" in a normalised path.
  void enter_member(std::string_view name, bool dynamic);
  void enter_element(uint32_t index);
  void leave() noexcept { steps_.pop_back(); }

  // Two places with the same normalised path have the same hash.
  uint64_t hash() const noexcept { return steps_.empty() ? kRoot : steps_.back().hash; }
  // Puts behind `normalised` "$.pets[*].id", behind `exact` "$.pets[3].id".
  void append_to(std::string& normalised, std::string& exact) const;

 private:
  static constexpr uint64_t kRoot = 0x51ED270B2F4C1A37;

  struct Step {
    uint64_t hash = 0;
    std::string_view name;
    uint32_t index = 0;
    bool is_element = false;
    bool dynamic = false;
  };

  std::vector<Step> steps_;
};

}  // namespace gnomon::compare
