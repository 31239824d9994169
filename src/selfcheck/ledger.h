// What the primary has told clients, by the number of the request, until they have compared it with
// what they got.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gnomon::selfcheck {

class Ledger {
 public:
  void note(uint64_t request, std::string body) {
    if (!said_.emplace(request, std::move(body)).second) ++repeated_;
  }
  // Whether that is what the primary said, to the byte.
  bool settle(uint64_t request, std::string_view body) {
    const auto found = said_.find(request);
    if (found == said_.end()) return false;
    const bool same = found->second == body;
    said_.erase(found);
    return same;
  }
  // Live requests that the primary got twice while they were open.
  uint64_t repeated() const noexcept { return repeated_; }

 private:
  std::unordered_map<uint64_t, std::string> said_;
  uint64_t repeated_ = 0;
};

}  // namespace gnomon::selfcheck
