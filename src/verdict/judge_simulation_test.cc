// What the judge promises, on traffic that is made up with fixed seeds: how often it cries wolf,
// and how soon it finds what is wrong. It looks after every request.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.h"
#include "verdict/judge.h"

namespace gnomon::verdict {
namespace {

#ifdef GNOMON_SANITIZED
constexpr int kRuns = 60;
#else
constexpr int kRuns = 250;
#endif

constexpr int kRequests = 20'000;
constexpr LegResult kFailed{"status_5xx", false, 0, 0};

// Rates in a millionth.
struct Traffic {
  uint32_t noise = 0;       // of either copy, in one field
  uint32_t regression = 0;  // of the candidate, in the same field
  uint32_t failing = 0;     // of both at once
  uint32_t flaky = 0;       // of either alone
  uint32_t breaking = 0;    // of the candidate alone
  uint32_t slower = 0;      // of the candidate's times, in a thousandth
};

// Times that are spread evenly in their logarithm, mostly by the request, a little by the copy.
class Times {
 public:
  explicit Times(Rng& rng) : rng_(rng) {
    for (uint64_t& each : spread_) each = static_cast<uint64_t>(std::exp(4 + 5 * uniform()));
    for (uint64_t& each : own_) each = static_cast<uint64_t>(900 + 200 * uniform());
  }
  void draw(LegResult& candidate, LegResult& control, uint32_t slower) {
    const uint64_t request = spread_[rng_.below(kSize)];
    candidate.total_us = request * own_[rng_.below(kSize)] * (1000 + slower) / 1'000'000;
    control.total_us = request * own_[rng_.below(kSize)] / 1000;
    candidate.first_byte_us = candidate.total_us / 2;
    control.first_byte_us = control.total_us / 2;
  }

 private:
  static constexpr uint32_t kSize = 4096;
  double uniform() { return rng_.below(1u << 30) / static_cast<double>(1u << 30); }

  Rng& rng_;
  std::array<uint64_t, kSize> spread_{};
  std::array<uint64_t, kSize> own_{};
};

class Trial {
 public:
  Trial(const Traffic& traffic, Settings settings, Times& times, Rng& rng)
      : traffic_(traffic), judge_(std::move(settings)), times_(times), rng_(rng) {}

  // The number of the request after which it ruled FAIL, or kRequests + 1.
  int run() {
    for (int i = 1; i <= kRequests; ++i) {
      observe(i);
      if (judge_.rule(counters_, std::chrono::seconds(1)) == Ruling::fail) return i;
    }
    return kRequests + 1;
  }

  // As once a second at 100 requests each: the number of the request after which it ruled PASS.
  int run_to_pass() {
    for (int i = 1; i <= kRequests; ++i) {
      observe(i);
      if (i % 100 != 0) continue;
      const Ruling ruling = judge_.rule(counters_, std::chrono::hours(1));
      if (ruling == Ruling::pass) return i;
      if (ruling == Ruling::fail) break;
    }
    return kRequests + 1;
  }

 private:
  bool chance(uint32_t in_a_million) { return rng_.below(1'000'000) < in_a_million; }

  void observe(int at) {
    Observation one;
    one.endpoint = "GET /pets";
    one.at_us = at;
    one.live = one.candidate = LegResult{"answered", true};
    LegResult control = one.live;
    times_.draw(one.candidate, control, traffic_.slower);
    const bool shared = chance(traffic_.failing);
    if (shared || chance(traffic_.flaky + traffic_.breaking)) one.candidate = kFailed;
    if (shared || chance(traffic_.flaky)) control = kFailed;
    one.compared = one.candidate.ok && control.ok;
    const bool candidate = chance(traffic_.noise) || chance(traffic_.regression);
    const bool other = chance(traffic_.noise);
    if (one.compared && (candidate || other)) {
      one.differences.push_back({{"GET /pets", "$.updated", "value"}, candidate, other});
    }
    one.control = control;
    counters_.add(std::move(one));
  }

  const Traffic traffic_;
  Judge judge_;
  Times& times_;
  Rng& rng_;
  Counters counters_;
};

std::vector<int> alarms(const Traffic& traffic, const Settings& settings, uint64_t seed,
                        int runs = kRuns) {
  Rng rng(seed);
  Times times(rng);
  std::vector<int> found;
  found.reserve(static_cast<size_t>(runs));
  for (int run = 0; run < runs; ++run) {
    found.push_back(Trial(traffic, settings, times, rng).run());
  }
  std::sort(found.begin(), found.end());
  return found;
}

double share_found(const std::vector<int>& alarms) {
  const auto found =
      std::count_if(alarms.begin(), alarms.end(), [](int n) { return n <= kRequests; });
  return static_cast<double>(found) / static_cast<double>(alarms.size());
}

// Prints what the documentation quotes.
void report(const char* what, const std::vector<int>& alarms) {
  const int median = alarms[alarms.size() / 2];
  printf("%s: in %.1f %% of %zu runs", what, 100 * share_found(alarms), alarms.size());
  if (median <= kRequests) printf(", median after %d requests", median);
  printf("\n");
}

Settings at(double alpha) {
  Settings settings;
  settings.alpha = alpha;
  return settings;
}

TEST(Simulation, cries_wolf_in_at_most_five_percent_of_trials_of_identical_versions) {
  for (const uint32_t noise : {500u, 5'000u, 50'000u, 300'000u}) {
    const auto found = alarms({.noise = noise, .failing = 2'000, .flaky = 1'000}, at(0.05), noise);
    report(("FAIL of identical versions, noise of " + std::to_string(noise / 100) + " in 10,000")
               .c_str(),
           found);
    EXPECT_LE(share_found(found), 0.05) << noise;
  }
}

TEST(Simulation, finds_one_point_more_on_a_field_with_five_percent_noise) {
  const auto found = alarms({.noise = 50'000, .regression = 10'000}, at(0.05), 5);
  report("FAIL, noise of 5 %, regression of 1 point", found);
  EXPECT_GE(share_found(found), 0.75);
}

TEST(Simulation, finds_a_rise_of_errors_by_nearly_half_a_point) {
  const auto found =
      alarms({.failing = 10'000, .flaky = 500, .breaking = 4'500}, at(0.05), 6, 4 * kRuns);
  report("FAIL, errors rise by 0.45 points", found);
  EXPECT_LE(found[found.size() / 2], 2'500);
}

TEST(Simulation, finds_a_clean_field_that_breaks) {
  const auto found = alarms({.regression = 5'000}, at(0.01), 7);
  report("FAIL, no noise, regression of 0.5 points, alpha 1 %", found);
  EXPECT_EQ(share_found(found), 1);
  EXPECT_LE(found[found.size() / 2], 5'000);
}

std::vector<int> passes(const Traffic& traffic, uint64_t seed) {
  Rng rng(seed);
  Times times(rng);
  std::vector<int> found;
  found.reserve(kRuns / 5);
  for (int run = 0; run < kRuns / 5; ++run) {
    found.push_back(Trial(traffic, Settings{}, times, rng).run_to_pass());
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(Simulation, passes_identical_versions_and_nothing_that_is_worse_by_a_margin) {
  const auto same = passes({.noise = 500, .failing = 2'000, .flaky = 100}, 10);
  report("PASS of identical versions, noise of 0.05 %, 0.01 % fail by chance", same);
  EXPECT_GE(share_found(same), 0.9);
  for (const Traffic& worse : {Traffic{.regression = 5'000}, Traffic{.breaking = 1'000},
                               Traffic{.noise = 500, .slower = 250}}) {
    EXPECT_LE(share_found(passes(worse, 11)), 0.05);
  }
}

TEST(Simulation, finds_slowness_beyond_the_tolerance_and_none_within) {
  const auto within = alarms({.slower = 50}, at(0.05), 8);
  report("FAIL, 5 % slower, 10 % tolerated", within);
  EXPECT_LE(share_found(within), 0.05);
  const auto beyond = alarms({.slower = 200}, at(0.05), 9);
  report("FAIL, 20 % slower, 10 % tolerated", beyond);
  EXPECT_EQ(share_found(beyond), 1);
}

}  // namespace
}  // namespace gnomon::verdict
