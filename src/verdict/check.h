// The questions that a verdict asks of the counters, each with the tests that answer it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "verdict/counters.h"
#include "verdict/settings.h"

namespace gnomon::verdict {

enum class Check : uint8_t {
  errors,
  mismatch,
  first_byte_tail,
  total_tail,
  first_byte_median,
  total_median,
};
inline constexpr std::array kChecks = {
    Check::errors,     Check::mismatch,          Check::first_byte_tail,
    Check::total_tail, Check::first_byte_median, Check::total_median};

std::string_view to_string(Check check) noexcept;

// Settled before the first request: a check that is switched off by what was seen would be a peek.
bool enabled(Check check, const Settings& settings) noexcept;
// Its share of the stake; of those enabled they come to 1.
double weight(Check check, const Settings& settings) noexcept;

// The counts that it looks at. For medians, `candidate` is slower and `control` not slower.
Pairs pairs_of(Check check, const Counters& counters, const Settings& settings) noexcept;

// Evidence that the candidate is worse, and an upper bound of it that is cheap.
double log_e_fail(Check check, const Counters& counters, const Settings& settings) noexcept;
double log_e_fail_bound(Check check, const Counters& counters, const Settings& settings) noexcept;
// Evidence that it is not worse by the margin or more.
double log_e_pass(Check check, const Counters& counters, const Settings& settings);
// More requests, all clean, until log_e_pass is enough for beta; kNever when that is out of sight.
inline constexpr uint64_t kNever = uint64_t{1} << 40;
uint64_t clean_needed(Check check, const Counters& counters, const Settings& settings);

// Of one field beside a control; `place` counts from 1.
double log_e_field(const Field& field) noexcept;
double field_weight(size_t place, const Settings& settings) noexcept;

}  // namespace gnomon::verdict
