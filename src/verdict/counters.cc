#include "verdict/counters.h"

#include <algorithm>
#include <span>

namespace gnomon::verdict {
namespace {

bool any(std::span<const Sighting> sightings, bool candidate, bool control) noexcept {
  return std::any_of(sightings.begin(), sightings.end(), [&](const Sighting& each) {
    return each.candidate == candidate && each.control == control;
  });
}

// Whether all that the candidate differs by alone is doubtful.
bool doubted(std::span<const Sighting> sightings) noexcept {
  return std::all_of(sightings.begin(), sightings.end(), [](const Sighting& each) {
    return each.doubtful() || !each.candidate || each.control;
  });
}

}  // namespace

void Counters::add(Observation one) {
  const auto outcome = [this](Leg leg) -> Tally& { return outcomes[static_cast<size_t>(leg)]; };
  outcome(Leg::live).add(one.live.outcome);
  outcome(Leg::candidate).add(one.candidate.outcome);
  if (one.control) outcome(Leg::control).add(one.control->outcome);
  requests.add(one.request);
  clients.add(one.client);
  EndpointCount& endpoint = endpoints.at(one.endpoint);
  ++endpoint.sampled;
  endpoint.failed += !one.candidate.ok && one.live.ok;
  endpoint.failures += {!one.candidate.ok, !one.live.ok, one.control && !one.control->ok};
  if (one.unattributed) return add_unattributed(one, endpoint);
  ++errors_to_live.n;
  errors_to_live.lost.add(!one.candidate.ok, !one.live.ok);
  if (one.control.has_value()) {
    endpoint.failed_to_control += !one.candidate.ok && one.control->ok;
    ++errors_to_control.n;
    errors_to_control.lost.add(!one.candidate.ok, !one.control->ok);
    // Times of failures mean nothing: a refused connection is quick.
    if (one.candidate.ok && one.control->ok) {
      first_byte.add(one.kind, one.candidate.first_byte_us, one.control->first_byte_us,
                     latency_tolerance_permille);
      if (one.kind != AnswerClass::stream) {
        total.add(one.kind, one.candidate.total_us, one.control->total_us,
                  latency_tolerance_permille);
      }
    }
  }
  if (one.compared) add_answers(one, endpoint);
}

void Counters::add_answers(Observation& one, EndpointCount& endpoint) {
  for (size_t leg = 0; leg < kLegs; ++leg) {
    for (const std::string_view limit : one.limits[leg]) limits[leg].add(limit);
  }
  unite(one.differences);
  const bool alone = any(one.differences, true, false);
  const bool differed = alone || any(one.differences, true, true);
  const bool control_alone = any(one.differences, false, true);
  const bool blind = one.control.has_value() && one.blind && alone == control_alone;
  // Whatever the control differs by alone beside it.
  const bool seen_too_little = !blind && alone && doubted(one.differences);
  if (blind) exclude(kBlind);
  endpoint.excluded += blind || seen_too_little;
  if (seen_too_little) {
    exclude(kUnread);
    ++unread;
    unread_to_control += one.control.has_value();
    endpoint.unread_to_control += one.control.has_value();
  } else if (!one.uneven) {
    endpoint.compared += !blind;
    endpoint.differed += differed;
    ++differing.n;
    differing.lost.candidate += differed;
  }
  if (one.control.has_value() && !blind && !seen_too_little) {
    ++differing_to_control.n;
    differing_to_control.lost.add(alone, control_alone);
  }
  fields.add(one.differences, one.at_us, one.control.has_value());
}

void Counters::add_unattributed(Observation& one, EndpointCount& endpoint) {
  exclude(kUnattributed);
  ++endpoint.excluded;
  failed_unattributed +=
      {!one.candidate.ok && one.live.ok, !one.candidate.ok && one.control && one.control->ok};
  if (!one.compared || one.uneven) return;
  unite(one.differences);
  const bool alone = any(one.differences, true, false);
  differing_unattributed += {alone || any(one.differences, true, true), one.control && alone};
}

void Counters::exclude_at(std::string_view endpoint) {
  EndpointCount& count = endpoints.at(endpoint);
  ++count.sampled;
  ++count.excluded;
}

void Counters::rename_endpoint(const std::string& from, const std::string& to) {
  endpoints.rename(from, to);
  fields.rename_endpoint(from, to);
}

Counters& Counters::operator+=(const Counters& more) {
  seen += more.seen;
  sampled += more.sampled;
  excluded += more.excluded;
  for (size_t i = 0; i < kLegs; ++i) outcomes[i] += more.outcomes[i];
  errors_to_live += more.errors_to_live;
  errors_to_control += more.errors_to_control;
  differing += more.differing;
  differing_to_control += more.differing_to_control;
  for (size_t i = 0; i < kLegs; ++i) limits[i] += more.limits[i];
  unread += more.unread;
  unread_to_control += more.unread_to_control;
  failed_unattributed += more.failed_unattributed;
  differing_unattributed += more.differing_unattributed;
  fields += more.fields;
  endpoints += more.endpoints;
  requests += more.requests;
  clients += more.clients;
  first_byte += more.first_byte;
  total += more.total;
  return *this;
}

}  // namespace gnomon::verdict
