#include "trial/candidate_versions.h"

#include <algorithm>
#include <utility>

namespace gnomon::trial {
namespace {

constexpr size_t kFormerMax = 32;
// A candidate that is announced under another name replaces the one before within this time. After
// it, whoever answers under the version of that one is the new one, which says the same version.
constexpr Duration kReplacementMax = std::chrono::minutes(10);

}  // namespace

CandidateVersions::Meaning CandidateVersions::meaning_of(std::string_view version,
                                                         const std::string& current,
                                                         TimePoint now) {
  if (version.empty() || version == current) return Meaning::current;
  if (std::ranges::find(former_, version) != former_.end()) return Meaning::former;
  if (is_outgoing(version, now)) return Meaning::former;
  if (current.empty()) {
    if (!outgoing_.version.empty()) make_former(std::exchange(outgoing_, {}).version);
    return Meaning::first;
  }
  make_former(current);
  return Meaning::next;
}

void CandidateVersions::expect(const std::string& was, const std::string& current,
                               const std::string& next, TimePoint now) {
  former_.clear();
  if (next == was) return;
  // Nothing has been heard of one that was announced and taken back.
  if (!current.empty()) outgoing_ = {current, was, {}};
  if (next == outgoing_.candidate) outgoing_ = {};
  outgoing_.until = now + kReplacementMax;
}

bool CandidateVersions::is_outgoing(std::string_view version, TimePoint now) noexcept {
  if (version != outgoing_.version) return false;
  if (now < outgoing_.until) return true;
  outgoing_ = {};
  return false;
}

void CandidateVersions::make_former(std::string version) {
  if (former_.size() == kFormerMax) former_.erase(former_.begin());
  former_.push_back(std::move(version));
}

}  // namespace gnomon::trial
