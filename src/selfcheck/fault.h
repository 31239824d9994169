// What may be wrong with a candidate. It is equal to the primary in everything else.
#pragma once

#include <cstdint>

#include "base/rng.h"

namespace gnomon::selfcheck {

enum class Fault : uint8_t {
  none,
  // in what it says
  wrong_value,     // a price is a cent too high, now and then
  renamed_field,   // name is called fullName
  changed_type,    // a number is a string
  missing_field,   // a member is gone
  shorter_list,    // the last element is gone
  rounded,         // two digits where there were three
  reordered_list,  // two steps have changed places
  missing_header,
  changed_status,  // 202 where there was 200
  server_error,    // 500, now and then
  // in how it says it
  refused,    // nobody listens
  hung,       // takes requests and never answers
  cut_short,  // ends in the middle of a body, now and then
  slow,
  slow_tail,  // slow now and then
};

// Of how many requests one meets the fault.
constexpr uint32_t one_in(Fault fault) noexcept {
  switch (fault) {
    case Fault::wrong_value:
    case Fault::server_error:
      return 25;
    case Fault::cut_short:
    case Fault::slow_tail:
      return 20;
    default:
      return 1;
  }
}

// The same requests in each run with that seed.
inline bool strikes(Fault fault, uint64_t seed, uint64_t request) noexcept {
  constexpr uint64_t kSpread = 0x9e3779b97f4a7c15ULL;
  return Rng(seed ^ (request * kSpread)).below(one_in(fault)) == 0;
}

}  // namespace gnomon::selfcheck
