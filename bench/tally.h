// What a load generator counts while it carries out one line of its input, and the line that it
// answers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

struct Tally {
  // requests seconds p50_us p99_us max_us errors stalled
  std::string line(Clock::time_point begin) {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::ranges::sort(took_us);
    const auto at = [this](double share) {
      return took_us.empty() ? 0 : took_us[static_cast<size_t>(share * (took_us.size() - 1))];
    };
    std::ostringstream line;
    line << done << ' ' << seconds << ' ' << at(0.5) << ' ' << at(0.99) << ' ' << at(1) << ' '
         << errors << ' ' << stalled;
    return line.str();
  }

  void answered(Clock::time_point begun, bool well) {
    const auto took = Clock::now() - begun;
    took_us.push_back(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    ++done;
    if (!well) ++errors;
  }

  uint64_t started = 0;
  uint64_t done = 0;
  uint64_t errors = 0;
  uint64_t stalled = 0;
  std::vector<uint32_t> took_us;
};

}  // namespace bench
