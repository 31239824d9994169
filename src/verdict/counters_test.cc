#include "verdict/counters.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

constexpr LegResult kAnswered{"answered", true, 1000, 2000};
constexpr LegResult kTimeout{"timeout", false, 0, 0};

FieldKey key(std::string path) { return {"GET /pets", std::move(path), "value"}; }

Observation observation(LegResult candidate, std::optional<LegResult> control) {
  Observation one;
  one.endpoint = "GET /pets";
  one.at_us = 7;
  one.live = kAnswered;
  one.candidate = candidate;
  one.control = control;
  one.compared = candidate.ok && (!control || control->ok);
  return one;
}

TEST(Counters, count_a_dead_candidate_as_its_failure) {
  Counters counters;
  counters.add(observation(kTimeout, kAnswered));
  counters.add(observation(kTimeout, std::nullopt));
  counters.add(observation(kAnswered, kTimeout));
  counters.add(observation(kTimeout, kTimeout));
  EXPECT_EQ(counters.errors_to_control, (Pairs{3, {1, 1, 1}}));
  EXPECT_EQ(counters.errors_to_live, (Pairs{4, {3, 0, 0}}));
  EXPECT_EQ(counters.differing.n, 0u);
  EXPECT_EQ(counters.outcomes[static_cast<size_t>(Leg::candidate)].of("timeout"), 3u);
  EXPECT_EQ(counters.endpoints.at("GET /pets"), (EndpointCount{4, 0, 0, 3, 1, {3, 0, 2}}));
  EXPECT_EQ(counters.total.rest + counters.total.slower, 0u);
}

TEST(Counters, lose_a_request_by_a_field_in_which_one_side_differs_alone) {
  Counters counters;
  Observation both = observation(kAnswered, kAnswered);
  both.differences = {{key("$.time"), true, true}};
  counters.add(both);
  Observation crossed = observation(kAnswered, kAnswered);
  // As the two comparisons with the live answer find them.
  crossed.differences = {
      {key("$.time"), true, false}, {key("$.id"), true, false}, {key("$.time"), false, true}};
  counters.add(crossed);
  Observation noise = observation(kAnswered, kAnswered);
  noise.differences = {{key("$.id"), false, true}};
  counters.add(noise);
  counters.add(observation(kAnswered, kAnswered));
  EXPECT_EQ(counters.differing_to_control, (Pairs{4, {1, 1, 0}}));
  EXPECT_EQ(counters.differing, (Pairs{4, {2, 0, 0}}));
  EXPECT_EQ(counters.endpoints.at("GET /pets"), (EndpointCount{4, 4, 2, 0}));
}

TEST(Counters, take_no_comfort_from_a_control_that_differs_where_a_comparison_ends) {
  Counters counters;
  Observation both = observation(kAnswered, kAnswered);
  both.blind = true;
  both.differences = {{key("status"), true, true}};
  counters.add(both);
  EXPECT_EQ(counters.differing_to_control, (Pairs{0, {0, 0, 0}}));
  EXPECT_EQ(counters.endpoints.at("GET /pets"),
            (EndpointCount{.sampled = 1, .differed = 1, .excluded = 1}));
  EXPECT_EQ(counters.excluded.of(kBlind), 1u);
  EXPECT_EQ(counters.fields.fields()[0].count.both, 1u);
  // Whatever speaks against one side alone counts nevertheless.
  both.differences.push_back({key("header:etag"), true, false});
  counters.add(both);
  EXPECT_EQ(counters.differing_to_control, (Pairs{1, {1, 0, 0}}));
  EXPECT_EQ(counters.excluded.of(kBlind), 1u);
}

Sighting unread_body(bool candidate, bool control, std::string kind = "value") {
  return {{"GET /pets", "body", std::move(kind)}, candidate, control, true};
}

TEST(Counters, hold_what_only_a_digest_tells_against_nobody_for_fail) {
  for (const bool control : {true, false}) {
    Counters counters;
    Observation one = observation(kAnswered, control ? std::optional(kAnswered) : std::nullopt);
    one.differences = {unread_body(true, false)};
    counters.add(one);
    EXPECT_EQ(counters.differing, Pairs());
    EXPECT_EQ(counters.differing_to_control, Pairs());
    EXPECT_EQ(counters.unread, 1u);
    EXPECT_EQ(counters.unread_to_control, control ? 1u : 0u);
    EXPECT_EQ(counters.excluded.of(kUnread), 1u);
    EXPECT_EQ(counters.endpoints.at("GET /pets"),
              (EndpointCount{.sampled = 1, .excluded = 1, .unread_to_control = control}));
    EXPECT_EQ(counters.fields.fields()[0].count, Discordance());
    EXPECT_EQ(counters.fields.fields()[0].unpaired, 1u);
    // What is certain counts as ever.
    one.differences.push_back({key("status"), true, false});
    counters.add(one);
    EXPECT_EQ(counters.differing, (Pairs{1, {1, 0, 0}}));
    EXPECT_EQ(counters.unread, 1u);
    if (control) EXPECT_EQ(counters.differing_to_control, (Pairs{1, {1, 0, 0}}));
  }
}

TEST(Counters, weigh_digests_of_both_sides_alike) {
  Counters counters;
  Observation one = observation(kAnswered, kAnswered);
  one.differences = {unread_body(false, true)};
  counters.add(one);
  EXPECT_EQ(counters.differing_to_control, (Pairs{1, {0, 1, 0}}));
  EXPECT_EQ(counters.fields.fields()[0].count, (Discordance{0, 1, 0}));
  // Each differs in its own way, which is what noise does.
  one.blind = true;
  one.differences = {unread_body(true, false, "length"), unread_body(false, true)};
  counters.add(one);
  one.differences = {unread_body(true, true)};
  counters.add(one);
  EXPECT_EQ(counters.differing_to_control, (Pairs{1, {0, 1, 0}}));
  EXPECT_EQ(counters.excluded.of(kBlind), 2u);
  EXPECT_EQ(counters.unread, 0u);
}

TEST(Counters, keep_requests_without_a_control_out_of_the_paired_tests) {
  Counters counters;
  Observation alone = observation(kAnswered, std::nullopt);
  alone.differences = {{key("$.id"), true, false}};
  counters.add(alone);
  EXPECT_EQ(counters.differing_to_control.n, 0u);
  EXPECT_EQ(counters.differing, (Pairs{1, {1, 0, 0}}));
  EXPECT_EQ(counters.fields.fields()[0].count, Discordance());
  EXPECT_EQ(counters.total.rest, 0u);
}

TEST(Counters, take_no_time_in_all_of_streams) {
  Counters counters;
  Observation stream = observation(kAnswered, kAnswered);
  stream.kind = AnswerClass::stream;
  counters.add(stream);
  EXPECT_EQ(counters.first_byte.rest, 1u);
  EXPECT_EQ(counters.total.rest, 0u);
  EXPECT_EQ(counters.first_byte.arms(AnswerClass::stream).control.count(), 1u);
}

TEST(Counters, count_a_failure_beside_an_answer_as_an_error_and_not_as_a_difference) {
  Counters counters;
  Observation one = observation({"5xx", false, 0, 0}, std::nullopt);
  one.compared = one.uneven = true;
  one.differences = {{key(std::string(kFailedPath)), true, false}};
  counters.add(one);
  one.live = {"5xx", false, 0, 0};  // the first attempt; the second was answered
  counters.add(one);
  EXPECT_EQ(counters.errors_to_live, (Pairs{2, {1, 0, 1}}));
  EXPECT_EQ(counters.differing, (Pairs{0, {0, 0, 0}}));
  EXPECT_EQ(counters.endpoints.at("GET /pets"), (EndpointCount{2, 0, 0, 1, 0, {2, 1, 0}}));
  EXPECT_EQ(counters.fields.fields().at(0).unpaired, 2u);
}

TEST(Counters, count_the_limits_that_comparisons_reached_by_leg) {
  Counters counters;
  Observation one = observation(kAnswered, kAnswered);
  one.limits[static_cast<size_t>(Leg::candidate)] = {"editDistance", "differences"};
  one.limits[static_cast<size_t>(Leg::control)] = {"editDistance"};
  counters.add(one);
  counters.add(one);
  const Tally& candidate = counters.limits[static_cast<size_t>(Leg::candidate)];
  const Tally& control = counters.limits[static_cast<size_t>(Leg::control)];
  EXPECT_EQ(candidate.of("editDistance"), 2u);
  EXPECT_EQ(candidate.of("differences"), 2u);
  EXPECT_EQ(control.of("editDistance"), 2u);
  EXPECT_EQ(control.of("differences"), 0u);
  EXPECT_EQ(counters.differing_to_control, (Pairs{2, {0, 0, 0}}));
}

TEST(Counters, merge_by_addition) {
  Rng rng(3);
  Counters all;
  Counters parts[3];
  for (int i = 0; i < 3000; ++i) {
    Observation one = observation(rng.below(50) == 0 ? kTimeout : kAnswered, kAnswered);
    one.at_us = i;
    one.kind = AnswerClass::bare;
    one.candidate.total_us = rng.below(900);
    if (rng.below(9) == 0) one.live = kTimeout;
    if (rng.below(9) == 0) one.limits[static_cast<size_t>(Leg::candidate)] = {"depth"};
    if (rng.below(4) == 0) {
      one.differences = {{key(std::to_string(rng.below(9))), rng.below(2) == 0, rng.below(2) == 0}};
    }
    all.add(one);
    parts[i % 3].add(one);
    all.exclude("budget_bytes");
    all.exclude_at("GET /shops");
    parts[i % 3].exclude_at("GET /shops");
    all.unread += 2;
    all.unread_to_control += 1;
    parts[i % 3].unread += 2;
    parts[i % 3].unread_to_control += 1;
    parts[i % 3].exclude("budget_bytes");
  }
  Counters merged;
  for (const Counters& part : parts) merged += part;
  // Each froze its own threshold, from its own first answers.
  const uint64_t judged = merged.total.exceeded_n;
  EXPECT_GT(all.total.exceeded_n, judged);
  for (Counters* each : {&all, &merged}) {
    each->total = Latency();
    each->first_byte = Latency();
  }
  EXPECT_EQ(merged, all);
}

TEST(Latency, freezes_the_p99_of_the_control_before_it_counts_what_exceeds_it) {
  Latency latency;
  for (uint64_t i = 1; i <= Latency::kWindow; ++i) latency.add(AnswerClass::full, 1, i * 10, 100);
  const uint64_t threshold = latency.arms(AnswerClass::full).threshold_us;
  EXPECT_GE(threshold, 9'900u);
  EXPECT_LE(threshold, 9'900u * 33 / 32);
  EXPECT_EQ(latency.exceeded_n, 0u);
  latency.add(AnswerClass::full, threshold + threshold / 10 - 1, 1, 100);  // within the tolerance
  latency.add(AnswerClass::full, threshold + threshold / 5, 1, 100);
  latency.add(AnswerClass::full, 1, threshold + 1, 100);
  latency.add(AnswerClass::full, threshold * 2, threshold * 2, 100);
  EXPECT_EQ(latency.exceeded_n, 4u);
  EXPECT_EQ(latency.exceeded, (Discordance{1, 1, 1}));
  // It stays for the pairs that follow, whatever they are, until there are as many again.
  for (uint64_t i = 5; i < Latency::kWindow; ++i) latency.add(AnswerClass::full, 1, 20'000, 100);
  EXPECT_EQ(latency.arms(AnswerClass::full).threshold_us, threshold);
  latency.add(AnswerClass::full, 1, 20'000, 100);
  EXPECT_GE(latency.arms(AnswerClass::full).threshold_us, 20'000u);
  EXPECT_LE(latency.arms(AnswerClass::full).threshold_us, 20'000u * 33 / 32);
}

TEST(Latency, calls_slower_what_is_slower_beyond_the_tolerance) {
  Latency latency;
  latency.add(AnswerClass::full, 1100, 1000, 100);
  latency.add(AnswerClass::full, 1101, 1000, 100);
  latency.add(AnswerClass::full, 900, 1000, 100);
  EXPECT_EQ(latency.slower, 1u);
  EXPECT_EQ(latency.rest, 2u);
  latency.add(AnswerClass::full, ~uint64_t{0}, ~uint64_t{0}, 100'000);  // no overflow
  EXPECT_EQ(latency.rest, 3u);
}

TEST(Tally, has_a_limit_for_names) {
  Tally tally;
  for (int i = 0; i < 1000; ++i) tally.add("name" + std::to_string(i));
  EXPECT_LE(tally.counts().size(), Tally::kMostNames + 1);
  EXPECT_EQ(tally.total(), 1000u);
  EXPECT_EQ(tally.of("other"), 1000u - Tally::kMostNames);
}

TEST(EndpointTable, has_a_limit_for_names) {
  EndpointTable table(10);
  for (int i = 0; i < 1000; ++i) ++table.at(std::to_string(i)).sampled;
  EXPECT_EQ(table.counts().size(), 11u);
  EXPECT_EQ(table.at(EndpointTable::kOther).sampled, 990u);
}

TEST(Counters, tells_how_varied_its_requests_are) {
  Counters counters;
  for (uint64_t i = 0; i < 12; ++i) {
    Observation one{.endpoint = "GET /pets"};
    one.request = (i % 4) << 60;
    one.client = i % 3 == 0 ? 1 : 2;
    counters.add(std::move(one));
  }
  EXPECT_EQ(counters.requests.estimate(), 4u);
  EXPECT_DOUBLE_EQ(counters.clients.largest(), 8.0 / 12);
  Counters more;
  Observation one{.endpoint = "GET /pets"};
  one.request = uint64_t{5} << 60;
  one.client = 1;
  for (int i = 0; i < 12; ++i) more.add(one);
  counters += more;
  EXPECT_EQ(counters.requests.estimate(), 5u);
  EXPECT_DOUBLE_EQ(counters.clients.largest(), 16.0 / 24);
}

// Neither failures nor answers may be held against the candidate for FAIL.
TEST(Counters, keep_what_may_be_of_a_former_version_apart) {
  Counters counters;
  Observation one = observation(kAnswered, kAnswered);
  one.unattributed = true;
  one.differences = {{key("$.a"), true, false}, {key("$.b"), false, true}};
  counters.add(one);
  one.differences = {{key("$.a"), true, true}};
  counters.add(one);
  one.differences.clear();
  one.compared = false;
  one.candidate.ok = false;
  counters.add(one);
  one.control->ok = false;
  counters.add(one);
  one.live.ok = false;
  counters.add(one);
  EXPECT_EQ(counters.excluded.of(kUnattributed), 5u);
  EXPECT_EQ(counters.failed_unattributed, (Doubts{2, 1}));
  EXPECT_EQ(counters.differing_unattributed, (Doubts{2, 1}));
  EXPECT_EQ(counters.errors_to_live, Pairs());
  EXPECT_EQ(counters.errors_to_control, Pairs());
  EXPECT_EQ(counters.differing, Pairs());
  EXPECT_EQ(counters.differing_to_control, Pairs());
  EXPECT_EQ(counters.first_byte, Latency());
  EXPECT_TRUE(counters.fields.fields().empty());  // places are for evidence
  EXPECT_EQ(counters.outcomes[static_cast<size_t>(Leg::control)].total(), 5u);
  const EndpointCount& endpoint = counters.endpoints.at("GET /pets");
  EXPECT_EQ(endpoint.sampled, 5u);
  EXPECT_EQ(endpoint.excluded, 5u);
}

// What the control does alone beside it says nothing about it.
TEST(Counters, count_what_only_a_digest_tells_whatever_the_control_differs_by) {
  Counters counters;
  Observation one = observation(kAnswered, kAnswered);
  one.differences = {unread_body(true, false), {key("header:x-cache"), false, true}};
  counters.add(one);
  EXPECT_EQ(counters.unread_to_control, 1u);
  EXPECT_EQ(counters.endpoints.at("GET /pets").unread_to_control, 1u);
  EXPECT_EQ(counters.differing_to_control, Pairs());
}

TEST(EndpointTable, gives_every_name_its_line_back_when_it_is_put_together_again) {
  EndpointTable table(3);
  for (const char* const name : {"a", "b", "c", "d"}) ++table.at(name).sampled;
  EndpointTable again(3);
  for (const auto& [name, count] : table.counts()) again.at(name) += count;
  EXPECT_EQ(again, table);
}

}  // namespace
}  // namespace gnomon::verdict
