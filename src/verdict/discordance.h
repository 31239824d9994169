// Of pairs of answers to one request: which side lost.
#pragma once

#include <cstdint>

#include "verdict/difference.h"

namespace gnomon::verdict {

struct Discordance {
  uint64_t candidate = 0;  // only the candidate lost: b
  uint64_t control = 0;    // only the other side did: c
  uint64_t both = 0;

  void add(bool candidate_lost, bool control_lost) noexcept {
    if (candidate_lost && control_lost) {
      ++both;
    } else if (candidate_lost) {
      ++candidate;
    } else if (control_lost) {
      ++control;
    }
  }
  Discordance& operator+=(const Discordance& more) noexcept {
    candidate += more.candidate;
    control += more.control;
    both += more.both;
    return *this;
  }
  // As signs of n pairs.
  Signs signs(uint64_t n) const noexcept {
    const uint64_t discordant = candidate + control;
    return {candidate, n > discordant ? n - discordant : 0, control};
  }

  friend bool operator==(const Discordance&, const Discordance&) = default;
};

}  // namespace gnomon::verdict
