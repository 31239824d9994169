// Which versions of the candidate say something about what is on trial, and which answer only
// because they have not been replaced everywhere yet.
#pragma once

#include <cstdint>
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
  // heard of it.
  Meaning meaning_of(std::string_view version, const std::string& current, TimePoint now);

  // What `was`, of version `current`, is to be replaced by `next`; names as the trial's plan gives
  // them. A version that was on trial before may be so again, but for the one that is to be
  // replaced.
  void expect(const std::string& was, const std::string& current, const std::string& next,
              TimePoint now);
  // An operator knows that nothing is being replaced.
  void expect_none() { outgoing_ = {}; }

 private:
  bool is_outgoing(std::string_view version, TimePoint now) noexcept;
  void make_former(std::string version);

  // Of the candidate before, which still answers while it is being replaced.
  struct Outgoing {
    std::string version;  // empty: there is none
    std::string candidate;
    TimePoint until{};
  };
  Outgoing outgoing_;
  std::vector<std::string> former_;
};

}  // namespace gnomon::trial
