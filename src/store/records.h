// What is kept, as plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "verdict/counters.h"

namespace gnomon::store {

// A trial's name, and the number of the epoch: one candidate under one set of rules.
struct EpochKey {
  std::string test;
  uint64_t number = 0;

  friend auto operator<=>(const EpochKey&, const EpochKey&) = default;
};

// All that has been counted so far, not what is new: one that is lost is made good by the next.
struct EpochRecord {
  EpochKey key;
  int64_t began_us = 0;  // since 1970, as all times here
  int64_t updated_us = 0;
  int64_t elapsed_us = 0;  // in which it was on trial
  std::string cause;       // why it began
  std::string version;     // of the candidate, as its answers say
  uint64_t rules = 0;      // digest of what is compared how, and of the candidate as configured
  std::string endpoints;   // what was learnt of them
  std::string failed;      // the reason of a FAIL, which stands
  std::string candidate;   // as its operator says
  uint64_t candidate_digest = 0;  // of it as configured
  std::string versions;           // what is known of those before
  verdict::Counters counters;
};

// Two answers that differ. Redacted by whoever made it; the store does not look into it.
struct SampleRecord {
  EpochKey key;
  verdict::FieldKey field;
  int64_t at_us = 0;
  std::string body;
};

// A ruling that differs from the one before.
struct RulingRecord {
  EpochKey key;
  int64_t at_us = 0;
  std::string ruling;
  std::string reason;
  double log_e_fail = 0;
  uint64_t compared = 0;
  std::string body;  // the whole verdict, as the API shows it
};

// Written in one transaction, or not at all.
struct Batch {
  std::vector<EpochRecord> epochs;
  std::vector<SampleRecord> samples;
  std::vector<RulingRecord> rulings;

  bool empty() const noexcept { return epochs.empty() && samples.empty() && rulings.empty(); }
  // What it takes in memory, about.
  size_t bytes() const noexcept;
};

}  // namespace gnomon::store
