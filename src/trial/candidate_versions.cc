#include "trial/candidate_versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace gnomon::trial {
namespace {

constexpr size_t kFormerMax = 32;
// A candidate that is announced under another name replaces the one before within this time. After
// it, whoever answers under the version of that one is the new one, which says the same version.
constexpr Millis kReplacementMax = std::chrono::minutes(10);
// After a former version was heard there may be more of it.
constexpr Duration kDoubtful = std::chrono::minutes(1);

constexpr std::string_view kFormerLine = "former ";
constexpr std::string_view kOutgoingLine = "outgoing ";  // milliseconds left, then the version
constexpr std::string_view kRolledBackLine = "rolled back";
constexpr std::string_view kCandidateLine = "candidate ";  // of the outgoing one

}  // namespace

CandidateVersions::Meaning CandidateVersions::meaning_of(std::string_view version,
                                                         const std::string& current,
                                                         TimePoint now) {
  if (version.empty()) return Meaning::current;
  if (version == current) {
    alone_since_.reset();
    return Meaning::current;
  }
  const auto known = std::ranges::find(former_, version);
  const bool is_former = known != former_.end() || is_outgoing(version, now);
  if (is_former && (known == former_.end() || !is_back(now))) {
    doubtful_until_ = now + kDoubtful;
    return Meaning::former;
  }
  rolled_back_ = known != former_.end();
  if (rolled_back_) former_.erase(known);
  alone_since_.reset();
  if (!current.empty()) {
    make_former(current, now);
    return Meaning::next;
  }
  if (!outgoing_.version.empty()) make_former(std::exchange(outgoing_, {}).version, now);
  return Meaning::first;
}

void CandidateVersions::expect(const std::string& was, const std::string& current,
                               const std::string& next, TimePoint now) {
  former_.clear();
  rolled_back_ = false;
  if (next == was) return;
  // Nothing has been heard of one that was announced and taken back.
  if (!current.empty()) outgoing_ = {current, was, {}};
  if (next == outgoing_.candidate) outgoing_ = {};
  outgoing_.until = now + kReplacementMax;
  if (!outgoing_.version.empty()) doubtful_until_ = now + kDoubtful;
}

bool CandidateVersions::is_outgoing(std::string_view version, TimePoint now) noexcept {
  if (version != outgoing_.version) return false;
  if (now < outgoing_.until) return true;
  outgoing_ = {};
  return false;
}

// It has been heard for so long, and nothing else, that it cannot be what is left of it.
bool CandidateVersions::is_back(TimePoint now) noexcept {
  if (!alone_since_) alone_since_ = now;
  return now >= *alone_since_ + kReplacementMax;
}

void CandidateVersions::make_former(std::string version, TimePoint now) {
  if (former_.size() == kFormerMax) former_.erase(former_.begin());
  former_.push_back(std::move(version));
  doubtful_until_ = now + kDoubtful;
}

std::string CandidateVersions::snapshot(TimePoint now) const {
  std::string out;
  for (const std::string& version : former_) out += fmt::format("{}{}\n", kFormerLine, version);
  if (rolled_back_) out += fmt::format("{}\n", kRolledBackLine);
  if (outgoing_.version.empty() || outgoing_.until <= now) return out;
  const auto left = std::chrono::duration_cast<Millis>(outgoing_.until - now);
  out += fmt::format("{}{} {}\n", kOutgoingLine, left.count(), outgoing_.version);
  return out + fmt::format("{}{}\n", kCandidateLine, outgoing_.candidate);
}

void CandidateVersions::restore(std::string_view text, TimePoint now) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    restore_line(line, now);
  }
}

void CandidateVersions::restore_line(std::string_view line, TimePoint now) {
  if (line.starts_with(kFormerLine)) {
    line.remove_prefix(kFormerLine.size());
    if (std::ranges::find(former_, line) == former_.end()) make_former(std::string(line), now);
  } else if (line == kRolledBackLine) {
    rolled_back_ = true;
  } else if (line.starts_with(kOutgoingLine)) {
    line.remove_prefix(kOutgoingLine.size());
    int64_t left = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left);
    const auto digits = static_cast<size_t>(end - line.data());
    if (error != std::errc{} || left < 0 || digits + 1 >= line.size()) return;
    outgoing_.version = line.substr(digits + 1);
    outgoing_.until = now + std::min<Millis>(Millis(left), kReplacementMax);
    doubtful_until_ = now + kDoubtful;
  } else if (line.starts_with(kCandidateLine)) {
    outgoing_.candidate = line.substr(kCandidateLine.size());
  }
}

}  // namespace gnomon::trial
