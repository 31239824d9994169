// Which versions of the candidate say something about what is on trial, and which answer only
// because they have not been replaced everywhere yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace gnomon::trial {

class CandidateVersions {
 public:
  enum class Meaning : uint8_t {
    current,  // what is on trial, or it does not say
    former,   // has been on trial before what is now
    first,    // the first that is heard of what is on trial
    next,     // something else is on trial from here on
  };

  // Of an answer by `version` while `current` is on trial; that is empty where nothing has been
  // heard of it. A former version that has answered for ten minutes, and nothing else has, is what
  // is on trial again.
  Meaning meaning_of(std::string_view version, const std::string& current, TimePoint now);

  // Whether what says no version, or does not answer, may be a former version: one has been heard,
  // or replaced, less than a minute ago.
  bool may_be_former(TimePoint now) const noexcept { return now < doubtful_until_; }

  // Whether what is on trial is such a one, and not what was announced last.
  bool rolled_back() const noexcept { return rolled_back_; }

  // What `was`, of version `current`, is to be replaced by `next`; names as the trial's plan gives
  // them. A version that was on trial before may be so again, but for the one that is to be
  // replaced.
  void expect(const std::string& was, const std::string& current, const std::string& next,
              TimePoint now);
  // An operator knows that nothing is being replaced.
  void expect_none() { *this = {}; }

  // For the next run of the process. What is restored comes to what is known; of what cannot be
  // read nothing does.
  std::string snapshot(TimePoint now) const;
  void restore(std::string_view text, TimePoint now);

 private:
  bool is_outgoing(std::string_view version, TimePoint now) noexcept;
  bool is_back(TimePoint now) noexcept;
  void make_former(std::string version, TimePoint now);
  void restore_line(std::string_view line, TimePoint now);

  // Of the candidate before, which still answers while it is being replaced.
  struct Outgoing {
    std::string version;  // empty: there is none
    std::string candidate;
    TimePoint until{};
  };
  Outgoing outgoing_;
  std::vector<std::string> former_;
  std::optional<TimePoint> alone_since_;  // former versions, with nothing of what is on trial
  bool rolled_back_ = false;
  TimePoint doubtful_until_ = TimePoint::min();
};

}  // namespace gnomon::trial
