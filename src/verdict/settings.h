// What a verdict may promise, and what it has to prove.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace gnomon::verdict {

struct Settings {
  double alpha = 0.01;  // chance of a FAIL, ever, of a candidate that is no worse
  double beta = 0.05;   // chance of a PASS of a candidate that is worse by the margins below

  // PASS: fewer answers differ than this share, beyond noise where there is a control. Without one,
  // FAIL: more differ than `tolerated`, a fifth of it; in between lies indifference.
  double max_mismatch_rate = 0.005;
  // PASS: the candidate fails by less than this share of requests more often.
  double max_error_rise = 0.001;
  // By how much the candidate may be slower than the control, as a share of its time. And for PASS:
  // by less than this share of requests more often does it exceed the control's p99.
  double latency_tolerance = 0.10;
  double max_tail_rise = 0.005;

  // For PASS, and, at the deadline, for anything but NODATA.
  uint64_t min_requests = 1000;
  Duration min_duration = std::chrono::minutes(10);
  std::optional<Duration> deadline;

  bool control = true;  // the candidate is judged beside a control, not beside the live answers
  bool latency = true;  // its times count; they never do without a control

  // For PASS: each of these endpoints, and each that has at least one percent of the requests, has
  // been compared that often. "GET /pets/{id}", or "/pets/{id}" with whatever methods.
  std::vector<std::string> required_endpoints;
  uint64_t min_per_endpoint = 10;
  // For PASS: no more than this share of the requests that were chosen has been excluded.
  double max_excluded_share = 0.5;

  double tolerated_mismatch_rate() const noexcept { return max_mismatch_rate / 5; }
};

// What is wrong with them, in words for a user.
std::optional<std::string> problem(const Settings& settings);

}  // namespace gnomon::verdict
