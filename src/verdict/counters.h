// Everything that a trial counts. Whole numbers, so that workers, restarts and replicas merge by
// addition, and every test looks at nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "verdict/client_shares.h"
#include "verdict/discordance.h"
#include "verdict/distinct_count.h"
#include "verdict/endpoint_table.h"
#include "verdict/field_table.h"
#include "verdict/latency.h"
#include "verdict/tally.h"

namespace gnomon::verdict {

enum class Leg : uint8_t { live, candidate, control };
inline constexpr size_t kLegs = 3;

// How one leg of a request ended.
struct LegResult {
  std::string_view outcome;  // "answered", or the cause
  bool ok = true;            // answered, in time, and not with 5xx
  uint64_t first_byte_us = 0;
  uint64_t total_us = 0;
};

// One sampled request, all of whose legs have ended. Whatever was cut by us, or not sent, is not
// one: that is `excluded`, and decided before any answer is seen.
struct Observation {
  std::string_view endpoint;
  int64_t at_us = 0;     // since the epoch
  uint64_t request = 0;  // a hash of what was asked for: method, host, path with query
  uint64_t client = 0;   // of who asked
  AnswerClass kind = AnswerClass::full;
  LegResult live;  // of the first attempt, as copies have one only
  LegResult candidate;
  std::optional<LegResult> control;
  // The candidate said no version, or nothing, while a former version still answered: it may be
  // that one's.
  bool unattributed = false;
  bool compared = false;  // every leg was answered and read
  bool blind = false;     // candidate and control both differ where nothing further is compared
  // Without a control: an answer that is a failure beside one that is none. The errors are for
  // that; that the two differ says nothing more.
  bool uneven = false;
  std::vector<Sighting> differences;  // from the live answer, if compared
  // Limits that comparing it with the live answer reached, by leg.
  std::array<std::vector<std::string_view>, kLegs> limits;
};

// Pairs of answers to the same request, and who failed or differed.
struct Pairs {
  uint64_t n = 0;
  Discordance lost;

  Pairs& operator+=(const Pairs& more) noexcept {
    n += more.n;
    lost += more.lost;
    return *this;
  }
  friend bool operator==(const Pairs&, const Pairs&) = default;
};

// Of `excluded`: requests in which candidate and control differ from the live answer in such a way
// that nothing further was compared, so that their likeness says little. That both do is a zero to
// every test, and to leave zeros out can only make PASS dearer.
inline constexpr std::string_view kBlind = "blind";

// Requests whose bodies were let go of for want of memory, and in which the candidate alone
// differs, by the digest of its body alone. It may differ by what a comparison would have excused,
// so it does not speak for FAIL; but it may be wrong, so it does speak against PASS.
inline constexpr std::string_view kUnread = "unread";
// Requests that may have been answered by a former version. Those that are known to be are left out
// by what the candidate answered, so to count the failures among these alone would be unfair to
// it. They speak against PASS, as far as something is wrong with them, and not for FAIL.
inline constexpr std::string_view kUnattributed = "unattributed";
// Requests of a client that had its share already: limits.clientShare.
inline constexpr std::string_view kClientShare = "client_share";
// Where failures are a field: they are seen there, and judged as errors.
inline constexpr std::string_view kFailedPath = "outcome";

// What speaks against PASS, and not for FAIL.
struct Doubts {
  uint64_t to_live = 0;
  uint64_t to_control = 0;  // of these, with a control that was all right

  Doubts& operator+=(const Doubts& more) noexcept {
    to_live += more.to_live;
    to_control += more.to_control;
    return *this;
  }
  friend bool operator==(const Doubts&, const Doubts&) = default;
};

struct Counters {
  uint64_t seen = 0;     // requests on the route
  uint64_t sampled = 0;  // of these, chosen to be copied
  Tally excluded;        // of these, not judged, by reason
  std::array<Tally, kLegs> outcomes;

  Pairs errors_to_live;     // every observation
  Pairs errors_to_control;  // those with a control
  Pairs differing;  // any difference; compared with the live answer, no control (c, both = 0)
  Pairs differing_to_control;      // those with a control; a side "loses" by a field where only it
                                   // differs
  uint64_t unread = 0;             // in none of these two, but to be held against PASS
  uint64_t unread_to_control = 0;  // of those, with a control
  // Of those excluded as unattributed, which are in none of all these: failures and differences of
  // the candidate alone.
  Doubts failed_unattributed;
  Doubts differing_unattributed;
  // Comparisons with the live answer that reached a limit, by it: what lies beyond was not seen, or
  // seen less closely. They count all the same.
  std::array<Tally, kLegs> limits;
  FieldTable fields;
  EndpointTable endpoints;
  // Of what was asked for and by whom, in every observation: ten thousand that are one request
  // again and again say little.
  DistinctCount requests;
  ClientShares clients;
  Latency first_byte;
  Latency total;
  uint32_t latency_tolerance_permille = 100;

  void add(Observation one);
  // Names of endpoints are learnt; one may give way to a more general one.
  void rename_endpoint(const std::string& from, const std::string& to);
  void exclude(std::string_view reason) { excluded.add(reason); }
  // One whose reason is counted elsewhere.
  void exclude_at(std::string_view endpoint);
  Counters& operator+=(const Counters& more);

  friend bool operator==(const Counters&, const Counters&) = default;

 private:
  void add_answers(Observation& one, EndpointCount& endpoint);
  void add_unattributed(Observation& one, EndpointCount& endpoint);
};

}  // namespace gnomon::verdict
