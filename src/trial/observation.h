// From the answers of one request to what is counted of them.
#pragma once

#include <string_view>
#include <vector>

#include "compare/difference.h"
#include "compare/redactor.h"
#include "shadow/trio.h"
#include "verdict/counters.h"

namespace gnomon::trial {

// How a leg ended. Failures of a service are no answer in time, no whole answer, and those statuses
// by which it says itself that it has failed: 5xx, and of gRPC UNKNOWN, DEADLINE_EXCEEDED,
// INTERNAL, UNAVAILABLE and DATA_LOSS.
verdict::LegResult leg_result(const compare::Answer& answer);
verdict::LegResult leg_result(const shadow::FirstAttempt& attempt);

// Tells requests apart by what they ask for: method, host and path with query.
uint64_t request_hash(const RequestHead& request) noexcept;

// Which answers' times may be held against each other.
verdict::AnswerClass answer_class(const RequestHead& request, const compare::Answer& answer);

// Whether every leg's answer came, so that they can be compared.
bool comparable(const shadow::Trio& trio) noexcept;

// Whether a difference kept the comparison from seeing the rest: another class of status, a body
// that is of another kind or known by its digest only, more differences than are listed.
bool is_cut_short(const compare::Result& result) noexcept;

// Whether the live request was sent again after an answer by a status that the candidate's has too,
// and the last one has not. It is what was asked for: no failure, but nothing to compare either.
bool answers_as_first_attempt(const shadow::Trio& trio);

// Adds what a comparison with the live answer found. `leg` is the candidate or the control. Names
// of fields are shown and kept, so what is redacted does not stand in them.
void add_sightings(std::string_view endpoint, const compare::Result& result, shadow::Leg leg,
                   const compare::Redactor& redactor, std::vector<verdict::Sighting>& out);

// One side failed and the other's answer is none: that is what differs, in whatever fields it
// shows.
void name_as_failure(verdict::Observation& observation);

// The path under which differences count that a comparison no longer listed.
inline constexpr std::string_view kUnlisted = "(unlisted)";

}  // namespace gnomon::trial
