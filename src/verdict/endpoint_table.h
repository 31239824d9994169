// What was seen of each endpoint. Endpoints beyond the limit share one line.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gnomon::verdict {

// Whatever the other legs did.
struct LegFailures {
  uint64_t candidate = 0;
  uint64_t live = 0;
  uint64_t control = 0;

  LegFailures& operator+=(const LegFailures& more) noexcept {
    candidate += more.candidate;
    live += more.live;
    control += more.control;
    return *this;
  }
  friend bool operator==(const LegFailures&, const LegFailures&) = default;
};

struct EndpointCount {
  uint64_t sampled = 0;
  uint64_t compared = 0;
  uint64_t differed = 0;           // of those compared, for the candidate
  uint64_t failed = 0;             // of those sampled, at the candidate only
  uint64_t failed_to_control = 0;  // of those with a control, at the candidate and not at that
  LegFailures failures;
  uint64_t excluded = 0;           // of those sampled, no evidence about their answers
  uint64_t unread_to_control = 0;  // of these, with a control, by digests that differ

  EndpointCount& operator+=(const EndpointCount& more) noexcept {
    sampled += more.sampled;
    compared += more.compared;
    differed += more.differed;
    failed += more.failed;
    failed_to_control += more.failed_to_control;
    failures += more.failures;
    excluded += more.excluded;
    unread_to_control += more.unread_to_control;
    return *this;
  }
  friend bool operator==(const EndpointCount&, const EndpointCount&) = default;
};

class EndpointTable {
 public:
  static constexpr std::string_view kOther = "(other)";

  EndpointTable() noexcept = default;
  explicit EndpointTable(size_t most) noexcept : most_(most) {}

  EndpointCount& at(std::string_view name) {
    if (const auto known = counts_.find(name); known != counts_.end()) return known->second;
    // The line that they share takes no place of its own.
    const size_t named = counts_.size() - counts_.count(kOther);
    return counts_[std::string(named < most_ ? name : kOther)];
  }
  EndpointTable& operator+=(const EndpointTable& more) {
    for (const auto& [name, count] : more.counts_) at(name) += count;
    return *this;
  }
  void rename(std::string_view from, std::string_view to) {
    const auto known = counts_.find(from);
    if (known == counts_.end()) return;
    const EndpointCount count = known->second;
    counts_.erase(known);
    at(to) += count;
  }
  const std::map<std::string, EndpointCount, std::less<>>& counts() const noexcept {
    return counts_;
  }

  friend bool operator==(const EndpointTable& x, const EndpointTable& y) {
    return x.counts_ == y.counts_;
  }

 private:
  size_t most_ = 500;
  std::map<std::string, EndpointCount, std::less<>> counts_;
};

}  // namespace gnomon::verdict
