#include "verdict/settings.h"

#include <fmt/format.h>

namespace gnomon::verdict {

std::optional<std::string> problem(const Settings& settings) {
  const auto outside = [](double value, double low, double high) {
    return !(value > low && value < high);
  };
  const auto wrong = [](const char* name, double value, double low, double high) {
    return fmt::format("{} is {}, but must lie between {} and {}", name, value, low, high);
  };
  if (outside(settings.alpha, 0, 0.5)) return wrong("alpha", settings.alpha, 0, 0.5);
  if (outside(settings.beta, 0, 0.5)) return wrong("beta", settings.beta, 0, 0.5);
  if (outside(settings.max_mismatch_rate, 0, 1)) {
    return wrong("maxMismatchRate", settings.max_mismatch_rate, 0, 1);
  }
  if (outside(settings.max_error_rise, 0, 1)) {
    return wrong("maxErrorRise", settings.max_error_rise, 0, 1);
  }
  if (outside(settings.max_tail_rise, 0, 1)) {
    return wrong("maxTailRise", settings.max_tail_rise, 0, 1);
  }
  if (!(settings.latency_tolerance >= 0 && settings.latency_tolerance <= 100)) {
    return fmt::format("latencyTolerance is {}, but must lie between 0 and 100",
                       settings.latency_tolerance);
  }
  if (!(settings.max_excluded_share >= 0 && settings.max_excluded_share <= 1)) {
    return fmt::format("maxExcludedShare is {}, but must lie between 0 and 1",
                       settings.max_excluded_share);
  }
  return std::nullopt;
}

}  // namespace gnomon::verdict
