// Rules over one epoch of a trial: one candidate under one set of rules. May look as often as it
// likes.
//
// The promises hold as long as the hygiene does: what is excluded is decided before an answer is
// seen; candidate and control are sent together, in random order, through the same kind of pool; a
// new candidate or a changed rule gets a new epoch, with new counters and a new judge.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "verdict/counters.h"
#include "verdict/settings.h"
#include "verdict/verdict.h"

namespace gnomon::verdict {

// Empty, and ready to count what these settings ask for.
Counters counters_for(const Settings& settings);

class Judge {
 public:
  // `failed`: the reason of a FAIL in an earlier run of the same epoch, which stands.
  explicit Judge(Settings settings, std::optional<std::string> failed = std::nullopt);

  // Cheap enough for every request. FAIL stays.
  Ruling rule(const Counters& counters, Duration elapsed);
  // The ruling with its reasons.
  Verdict look(const Counters& counters, Duration elapsed);

  // Takes over what PASS has to wait for: minima, the deadline, the endpoints, the share that may
  // be excluded. That may change while evidence is gathered, since no chance of error rests on it;
  // all else stays.
  void wait_for(const Settings& settings);

  const Settings& settings() const noexcept { return settings_; }

 private:
  using LogE = double (*)(Check, const Counters&, const Settings&) noexcept;

  // The weighted mean of all checks: evidence against "nothing is worse".
  double together(LogE log_e, const Counters& counters) const noexcept;
  bool fails(const Counters& counters) const noexcept;
  bool passes(const Counters& counters, Duration elapsed) const;
  CheckEvidence weigh(Check check, const Counters& counters);
  void weigh_fields(const Counters& counters, Verdict& verdict);
  std::string reason_of(const Verdict& verdict);
  uint64_t compared(const Counters& counters) const noexcept;

  Settings settings_;
  std::array<double, kChecks.size()> weights_{};  // 0: not enabled
  bool failed_ = false;
  std::string failed_reason_;
  std::array<bool, kChecks.size()> proven_{};
  std::set<FieldKey> proven_fields_;
};

}  // namespace gnomon::verdict
