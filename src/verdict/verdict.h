// What the evidence comes to, with everything that somebody who has to believe it asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "verdict/check.h"
#include "verdict/endpoint_table.h"
#include "verdict/exclusion.h"
#include "verdict/field_table.h"
#include "verdict/interval.h"

namespace gnomon::verdict {

enum class Ruling : uint8_t { pass, fail, undecided, nodata };
std::string_view to_string(Ruling ruling) noexcept;  // "PASS", ...

struct CheckEvidence {
  Check check = Check::errors;
  bool enabled = false;
  bool proven = false;  // against the candidate, by itself; stays so
  double weight = 0;
  Pairs pairs;
  double log_e_fail = 0;
  double log_e_pass = 0;
  // The candidate's share less the other side's; without a control, the share that differs.
  double excess = 0;
  Interval excess_within;
};

struct FieldEvidence {
  Field field;
  double log_e = 0;
  bool proven = false;    // by itself; stays so
  bool selected = false;  // now, among all fields, with false discoveries held to alpha (e-BH)
};

struct EndpointEvidence {
  std::string name;
  EndpointCount count;
  uint64_t failed_alone = 0;  // of the candidate, where the side that it is judged beside did not
};

struct Quantiles {
  double p = 0;
  uint64_t value_us = 0;
  Interval within_us;  // `high` is infinite where the observations do not bound it
};

struct ArmTimes {
  Quantiles p50;
  Quantiles p99;
};

struct TimeEvidence {
  ArmTimes candidate;
  ArmTimes control;
  uint64_t threshold_us = 0;  // the control's p99 as it was frozen last; 0: not yet
};

struct Coverage {
  uint64_t seen = 0;
  uint64_t sampled = 0;
  uint64_t compared = 0;
  uint64_t blind = 0;   // answered by all, and nothing could be seen
  uint64_t unread = 0;  // of those that could be judged, by digests that differ for the candidate
  double share = 0;     // compared, of those seen
  uint64_t unattributed = 0;  // may have been answered by a former version
  uint64_t capped = 0;        // left out since their client asks too much
  uint64_t requests = 0;      // different ones, about, of those that were judged
  double client_share = 0;    // of these, of the client that asked most
  Exclusion exclusion;
  std::vector<std::string> missing_endpoints;
};

struct Verdict {
  Ruling ruling = Ruling::undecided;
  std::string reason;  // one sentence
  std::string change;  // what would make it another one, in one sentence
  Duration elapsed{};
  double needed_fail = 0;  // ln(1/alpha)
  double needed_pass = 0;  // ln(1/beta)
  double log_e_fail = 0;   // of all checks together
  std::vector<CheckEvidence> checks;
  std::vector<FieldEvidence> fields;        // the strongest first
  std::vector<EndpointEvidence> endpoints;  // where it fails alone most often, first
  // Of answers with a body, to the first byte and in all.
  TimeEvidence first_byte;
  TimeEvidence total;
  Coverage coverage;
};

}  // namespace gnomon::verdict
