#include "verdict/judge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "verdict/paired.h"

namespace gnomon::verdict {
namespace {

using std::chrono::minutes;

constexpr LegResult kAnswered{"answered", true, 1000, 2000};
constexpr LegResult kFailed{"connect_refused", false, 0, 0};

FieldKey key(std::string path) { return {"GET /pets", std::move(path), "value"}; }

Observation clean(bool control = true) {
  Observation one{.endpoint = "GET /pets"};
  one.live = one.candidate = kAnswered;
  if (control) one.control = kAnswered;
  one.compared = true;
  return one;
}

Observation failing() {
  Observation one = clean();
  one.candidate = kFailed;
  one.compared = false;
  return one;
}

Observation differing(std::string path, bool candidate = true, bool other = false) {
  Observation one = clean();
  one.differences = {{key(std::move(path)), candidate, other}};
  return one;
}

void add(Counters& counters, const Observation& one, int times) {
  for (int i = 0; i < times; ++i) {
    ++counters.seen;
    ++counters.sampled;
    counters.add(one);
  }
}

Settings without_control() {
  Settings settings;
  settings.control = false;
  return settings;
}

const CheckEvidence& of(const Verdict& verdict, Check check) {
  return verdict.checks[static_cast<size_t>(check)];
}

TEST(Judge, is_undecided_while_nothing_has_been_compared) {
  Judge judge(Settings{});
  const Verdict verdict = judge.look(Counters{}, minutes(0));
  EXPECT_EQ(verdict.ruling, Ruling::undecided);
  EXPECT_EQ(verdict.reason, "Nothing has been compared.");
  EXPECT_LE(verdict.log_e_fail, 0);
}

TEST(Judge, passes_nobody_on_answers_that_it_could_not_see) {
  Settings settings;
  settings.max_excluded_share = 0.6;
  Judge judge(settings);
  Counters counters;
  Observation blind = differing("status", true, true);
  blind.blind = true;
  add(counters, blind, 9000);
  const Verdict verdict = judge.look(counters, minutes(11));
  EXPECT_EQ(verdict.ruling, Ruling::undecided);
  EXPECT_EQ(verdict.reason,
            "Nothing could be compared: in 9,000 requests candidate and control both answered with "
            "another status than the live service, or with another body that cannot be looked "
            "into.");
  // An endpoint of its own does not hide behind the others.
  Observation other = clean();
  other.endpoint = "GET /shops";
  add(counters, other, 9000);
  EXPECT_EQ(judge.look(counters, minutes(11)).reason,
            "Nothing speaks against the candidate enough in 9,000 comparisons, but GET /pets has "
            "not been compared 10 times (9,000 of its 9,000 requests were excluded).");
}

TEST(Judge, passes_nobody_on_an_endpoint_that_was_always_excluded) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 9000);
  for (int i = 0; i < 91; ++i) counters.exclude_at("POST /orders");
  const Verdict verdict = judge.look(counters, minutes(11));
  EXPECT_EQ(verdict.ruling, Ruling::undecided);
  EXPECT_EQ(
      verdict.reason,
      "Nothing speaks against the candidate enough in 9,000 comparisons, but POST /orders has "
      "not been compared 10 times (91 of its 91 requests were excluded).");
  ASSERT_EQ(verdict.endpoints.size(), 2u);
  EXPECT_EQ(verdict.endpoints[0].name, "GET /pets");
  EXPECT_EQ(verdict.endpoints[1].count.excluded, 91u);
  // As seldom as any other that need not be compared.
  add(counters, clean(), 200);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
}

TEST(Judge, passes_nobody_on_less_than_half_of_what_was_chosen) {
  Judge judge(Settings{});
  Counters counters;
  const auto exclude = [&](std::string_view reason, uint64_t times) {
    counters.excluded.add(reason, times);
    counters.seen += times;
    counters.sampled += times;
  };
  add(counters, clean(), 9000);
  exclude("budget_bytes", 6000);
  exclude("queue_full", 3000);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  exclude("queue_full", 400);
  // What clients, the live side or the operator do is not held against it.
  for (const char* const reason :
       {"client_gone", "rate", "client_share", "primary_rejected", "shutdown"}) {
    exclude(reason, 5000);
  }
  const Verdict verdict = judge.look(counters, minutes(11));
  EXPECT_EQ(verdict.ruling, Ruling::undecided);
  EXPECT_EQ(verdict.reason,
            "Nothing speaks against the candidate enough in 9,000 comparisons, but 51.1 % of the "
            "18,400 requests that were chosen are excluded, where 50 % may be, most of them as "
            "budget_bytes.");
  EXPECT_EQ(verdict.change,
            "Nothing but clean traffic is missing for PASS; no more than 50 % may be excluded, so "
            "it takes a larger limits.bufferBytes or a smaller percentage.");
  // That may change under way.
  Settings lenient;
  lenient.max_excluded_share = 0.52;
  judge.wait_for(lenient);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  lenient.max_excluded_share = 0;
  judge.wait_for(lenient);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
}

TEST(Judge, tells_how_varied_the_requests_are_and_what_takes_more_clients) {
  Judge judge{Settings{}};
  Counters counters = counters_for(Settings{});
  Observation one = clean();
  one.client = 3;
  for (uint64_t i = 0; i < 200; ++i) {
    one.request = i << 56;
    one.client = i % 4 == 0 ? 3 : 4;
    counters.add(one);
  }
  counters.seen = counters.sampled = 500;
  counters.excluded.add("client_share", 300);
  const Verdict verdict = judge.look(counters, minutes(11));
  EXPECT_NEAR(static_cast<double>(verdict.coverage.requests), 200, 30);
  EXPECT_DOUBLE_EQ(verdict.coverage.client_share, 0.75);
  EXPECT_EQ(verdict.coverage.exclusion.excluded, 0u);
  EXPECT_TRUE(verdict.change.contains(
      "; limits.clientShare left out 300 requests, which takes more clients"))
      << verdict.change;
}

TEST(Judge, sees_no_more_excluded_than_chosen) {
  Counters counters;
  counters.exclude("former_epoch");
  EXPECT_EQ(exclusion_of(counters).share(), 1);
  EXPECT_EQ(exclusion_of(Counters{}).share(), 0);
  counters.exclude("rate");
  EXPECT_EQ(exclusion_of(counters).chosen, 1u);
}

// For the control alone.
Observation noise(std::string path, std::string endpoint = "GET /pets") {
  Observation one = clean();
  one.endpoint = endpoint;
  one.differences = {{{std::move(endpoint), std::move(path), "value"}, false, true}};
  return one;
}

Counters clean_counters(int requests) {
  Counters counters;
  add(counters, clean(), requests);
  return counters;
}

Observation unread(bool control = true) {
  Observation one = clean(control);
  one.differences = {{{"GET /pets", "body", "value"}, true, false, true}};
  return one;
}

TEST(Judge, takes_what_only_a_digest_tells_against_pass_and_not_for_fail) {
  for (const bool control : {true, false}) {
    Settings settings;
    settings.control = control;
    Judge judge(settings);
    Counters counters;
    add(counters, clean(control), 9000);
    EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
    add(counters, unread(control), 200);
    const Verdict verdict = judge.look(counters, minutes(11));
    EXPECT_EQ(verdict.ruling, Ruling::undecided);
    EXPECT_EQ(verdict.reason,
              "Nothing speaks against the candidate enough in 9,000 comparisons, but its answers "
              "are not yet proven to be no worse: in 200 requests memory was short, and the "
              "candidate's bodies differ by their digests.");
    EXPECT_NE(verdict.change.find("with a larger limits.bufferBytes"), std::string::npos);
    EXPECT_LT(verdict.log_e_fail, 0);
    // Enough that could be looked into prove it all the same.
    add(counters, clean(control), 90'000);
    EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  }
}

// The control's own differences elsewhere do not make up for them.
TEST(Judge, does_not_weigh_what_only_a_digest_tells_against_another_field_of_the_control) {
  Judge judge(Settings{});
  Counters counters = clean_counters(38'400);
  add(counters, noise("header:x-glitch"), 800);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  add(counters, unread(), 800);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
}

TEST(Judge, weighs_what_only_a_digest_tells_whatever_else_differs_in_the_request) {
  Judge judge(Settings{});
  Counters counters = clean_counters(60'000);
  Observation both = unread();
  both.differences.push_back({{"GET /pets", "header:x-cache", "value"}, false, true});
  add(counters, both, 2'000);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
}

TEST(Judge, weighs_what_an_earlier_version_could_not_read_beside_all_bodies) {
  Judge judge(Settings{});
  Counters counters = clean_counters(60'000);
  add(counters, noise("header:x-cache"), 2'000);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  counters.unread = counters.unread_to_control = 2'000;
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
}

TEST(Judge, does_not_weigh_what_only_a_digest_tells_against_bodies_of_another_endpoint) {
  Judge judge(Settings{});
  Counters counters = clean_counters(60'000);
  add(counters, noise("body", "GET /log"), 2'000);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  add(counters, unread(), 2'000);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
}

TEST(Judge, takes_what_may_be_of_a_former_version_against_pass_and_not_for_fail) {
  for (const bool control : {true, false}) {
    for (const bool fails : {true, false}) {
      Settings settings;
      settings.control = control;
      Judge judge(settings);
      Counters counters;
      add(counters, clean(control), 9000);
      EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
      Observation one = clean(control);
      one.unattributed = true;
      if (fails) one.candidate = kFailed;
      one.compared = !fails;
      if (!fails) one.differences = {{key("$.a"), true, false}};
      add(counters, one, 200);
      const Verdict verdict = judge.look(counters, minutes(11));
      EXPECT_EQ(verdict.ruling, Ruling::undecided);
      EXPECT_LT(verdict.log_e_fail, 0);
      EXPECT_TRUE(verdict.reason.ends_with(
          "are not yet proven to be no worse: in 200 requests the candidate said no version while "
          "a former one still answered."))
          << verdict.reason;
    }
  }
}

// A trial with a control takes nothing from requests without one.
TEST(Judge, leaves_digests_of_the_unpaired_out_of_paired_tests) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 9000);
  add(counters, unread(false), 200);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
}

TEST(Judge, says_when_nothing_could_be_looked_into_for_want_of_memory) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, unread(), 50);
  EXPECT_EQ(judge.look(counters, minutes(11)).reason,
            "Nothing could be compared: in 50 requests memory was short, and the candidate's "
            "bodies differ by their digests.");
}

TEST(Judge, passes_clean_traffic_once_every_claim_is_proven) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 3000);
  const Verdict early = judge.look(counters, minutes(11));
  EXPECT_EQ(early.ruling, Ruling::undecided);
  EXPECT_EQ(
      early.reason,
      "Nothing speaks against the candidate enough in 3,000 comparisons, but its errors are not "
      "yet proven to be no worse.");
  EXPECT_EQ(early.change, "1,380 more clean comparisons make it PASS.");
  add(counters, clean(), 1379);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
  add(counters, clean(), 1);
  const Verdict verdict = judge.look(counters, minutes(11));
  EXPECT_EQ(verdict.ruling, Ruling::pass);
  EXPECT_EQ(verdict.reason,
            "In 4,380 comparisons over 11 min, errors, answers and times are no worse than the "
            "control's by the margins that are set, each with at most 5 % chance of error.");
  EXPECT_EQ(verdict.coverage.compared, 4380u);
  EXPECT_EQ(verdict.coverage.share, 1);
}

TEST(Judge, asks_no_time_in_all_where_all_answers_are_streams) {
  Judge judge(Settings{});
  Counters counters;
  Observation stream = clean();
  stream.kind = AnswerClass::stream;
  add(counters, stream, 5000);
  add(counters, clean(), 40);  // somebody asks for its health
  EXPECT_EQ(judge.look(counters, minutes(11)).ruling, Ruling::pass);
  add(counters, clean(), 100);
  EXPECT_EQ(judge.look(counters, minutes(11)).ruling, Ruling::undecided);
}

TEST(Judge, does_not_pass_before_its_time) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 5000);
  const Verdict verdict = judge.look(counters, minutes(4));
  EXPECT_EQ(verdict.ruling, Ruling::undecided);
  EXPECT_EQ(
      verdict.reason,
      "Nothing speaks against the candidate enough in 5,000 comparisons, but it runs for 4 min "
      "only, of at least 10 min.");
  EXPECT_EQ(verdict.change,
            "Nothing but clean traffic is missing for PASS, not before 6 min from now.");
}

TEST(Judge, does_not_pass_an_endpoint_that_it_has_not_seen) {
  Settings settings;
  settings.required_endpoints = {"GET /pets", "POST /orders"};
  Judge judge(settings);
  Counters counters;
  add(counters, clean(), 5000);
  EXPECT_EQ(
      judge.look(counters, minutes(11)).reason,
      "Nothing speaks against the candidate enough in 5,000 comparisons, but POST /orders has "
      "not been compared 10 times.");
  Observation order = clean();
  order.endpoint = "POST /orders";
  add(counters, order, 10);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
}

TEST(Judge, an_endpoint_that_is_required_without_a_method_may_come_with_several) {
  Settings settings;
  settings.required_endpoints = {"/orders"};
  Judge judge(settings);
  Counters counters;
  add(counters, clean(), 900);
  Observation order = clean();
  order.endpoint = "GET /our/orders";
  add(counters, order, 5000);
  order.endpoint = "GET /orders";
  add(counters, order, 5);
  order.endpoint = "PUT /orders";
  add(counters, order, 4);
  EXPECT_EQ(judge.look(counters, minutes(11)).coverage.missing_endpoints,
            (std::vector<std::string>{"/orders"}));
  add(counters, order, 1);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  // Told once where it is missing for its share as well.
  Counters few;
  order.compared = false;
  add(few, order, 10);
  EXPECT_EQ(judge.look(few, minutes(11)).coverage.missing_endpoints,
            (std::vector<std::string>{"/orders"}));
}

TEST(Judge, waits_for_something_else_and_keeps_its_fail) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 5000);
  ASSERT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  Settings settings;
  settings.min_requests = 5001;
  judge.wait_for(settings);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
  settings = {};
  settings.min_duration = minutes(12);
  judge.wait_for(settings);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
  settings = {};
  settings.required_endpoints = {"/orders"};
  judge.wait_for(settings);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
  settings = {};
  settings.min_requests = 9000;
  settings.deadline = minutes(10);
  judge.wait_for(settings);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::nodata);
  add(counters, failing(), 500);
  ASSERT_EQ(judge.rule(counters, minutes(11)), Ruling::fail);
  judge.wait_for(Settings{});
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::fail);
}

TEST(Judge, does_not_pass_when_a_common_endpoint_is_never_compared) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 9000);
  Observation unread = clean();
  unread.endpoint = "GET /export";
  unread.compared = false;
  add(counters, unread, 20);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);  // too rare to hold it up
  add(counters, unread, 200);
  const Verdict verdict = judge.look(counters, minutes(11));
  EXPECT_EQ(verdict.ruling, Ruling::undecided);
  EXPECT_EQ(verdict.coverage.missing_endpoints, (std::vector<std::string>{"GET /export"}));
}

TEST(Judge, fails_a_dead_candidate_though_nothing_can_be_compared) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, failing(), 8);
  EXPECT_EQ(judge.rule(counters, minutes(0)), Ruling::undecided);
  add(counters, failing(), 3);
  const Verdict verdict = judge.look(counters, minutes(0));
  EXPECT_EQ(verdict.ruling, Ruling::fail);
  EXPECT_EQ(
      verdict.reason,
      "The candidate fails where the control does not in 11 of 11 requests, the other way round "
      "in 0.");
}

TEST(Judge, names_the_endpoints_where_the_candidate_fails_alone) {
  for (const bool control : {true, false}) {
    Judge judge(control ? Settings{} : without_control());
    Counters counters;
    const auto fails_at = [&](std::string_view endpoint, int alone, int both, int other) {
      Observation one = clean(control);
      one.endpoint = endpoint;
      one.compared = false;
      one.candidate = kFailed;
      add(counters, one, alone);
      (control ? *one.control : one.live) = kFailed;
      add(counters, one, both);
      one.candidate = {"answered", true};
      add(counters, one, other);
    };
    fails_at("GET /pets", 2, 0, 0);
    fails_at("GET /slow", 0, 90, 0);
    fails_at("POST /orders", 30, 9, 1);
    const Verdict verdict = judge.look(counters, minutes(1));
    EXPECT_TRUE(verdict.reason.ends_with(
        "the other way round in 1, most often at POST /orders (30 of 40), GET /pets (2 of 2)."))
        << verdict.reason;
    ASSERT_EQ(verdict.endpoints.size(), 3u);
    const EndpointEvidence& worst = verdict.endpoints[0];
    EXPECT_EQ(worst.name, "POST /orders");
    EXPECT_EQ(worst.failed_alone, 30u);
    EXPECT_EQ(worst.count.failures, (control ? LegFailures{39, 0, 10} : LegFailures{39, 10, 0}));
    EXPECT_EQ(verdict.endpoints[2].name, "GET /slow");
  }
}

// Where most answers took longer than what was rare before, what is rare now could not be seen.
TEST(Judge, finds_a_slow_tail_though_the_load_has_changed) {
  for (const uint64_t at_first_us : {300u, 2'000'000u}) {
    Judge judge(Settings{});
    Counters counters = counters_for(Settings{});
    Rng rng(1);
    const auto pairs = [&](int times, uint64_t from_us, uint64_t tail_us) {
      for (int i = 0; i < times; ++i) {
        Observation one = clean();
        one.candidate.total_us = rng.below(20) == 0 ? tail_us : from_us + rng.below(600);
        one.control->total_us = from_us + rng.below(600);
        one.candidate.first_byte_us = one.candidate.total_us;
        one.control->first_byte_us = one.control->total_us;
        add(counters, one, 1);
      }
    };
    pairs(Latency::kWindow, at_first_us, at_first_us);
    EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
    pairs(7 * static_cast<int>(Latency::kWindow), 800, 300'000);
    EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::fail) << at_first_us;
  }
}

TEST(Judge, names_the_fields_that_fail_and_none_of_the_noise) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, differing("$.updated", true, true), 500);
  for (int i = 0; i < 200; ++i) add(counters, differing("$.order", i % 2 == 0, i % 2 != 0), 1);
  add(counters, differing("$.price"), 40);
  Observation renamed = clean();
  renamed.differences = {{{"GET /pets", "$.tag", "removed"}, true, false}};
  add(counters, renamed, 30);
  const Verdict verdict = judge.look(counters, minutes(1));
  EXPECT_EQ(verdict.ruling, Ruling::fail);
  EXPECT_EQ(
      verdict.reason,
      "$.price (value) at GET /pets differs for the candidate alone in 40 of 770 comparisons; "
      "$.tag (removed) at GET /pets differs for the candidate alone in 30 of 770 comparisons.");
  ASSERT_EQ(verdict.fields.size(), 4u);
  EXPECT_TRUE(verdict.fields[0].proven && verdict.fields[0].selected);
  EXPECT_FALSE(verdict.fields[2].proven || verdict.fields[2].selected);
}

TEST(Judge, keeps_fail_and_its_reason_whatever_comes_after) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, differing("$.price"), 14);
  const std::string reason = judge.look(counters, minutes(1)).reason;
  add(counters, differing("$.price", false, true), 400);
  add(counters, clean(), 10'000);
  const Verdict verdict = judge.look(counters, minutes(30));
  EXPECT_LT(verdict.log_e_fail, verdict.needed_fail);
  EXPECT_EQ(verdict.ruling, Ruling::fail);
  EXPECT_EQ(verdict.change,
            "A new candidate or a changed rule begins a new epoch; this one stays FAIL.");
  // And over a restart.
  Judge again(Settings{}, reason);
  EXPECT_EQ(again.look(counters, minutes(31)).ruling, Ruling::fail);
  EXPECT_EQ(again.look(counters, minutes(31)).reason, reason);
}

TEST(Judge, has_no_data_at_the_deadline_without_enough_requests) {
  Settings settings;
  settings.deadline = minutes(30);
  Judge judge(settings);
  Counters counters;
  add(counters, clean(), 999);
  EXPECT_EQ(judge.rule(counters, minutes(29)), Ruling::undecided);
  const Verdict verdict = judge.look(counters, minutes(30));
  EXPECT_EQ(verdict.ruling, Ruling::nodata);
  EXPECT_EQ(verdict.reason,
            "Only 999 of the 1,000 comparisons that are needed were made by the deadline.");
  add(counters, clean(), 1);
  EXPECT_EQ(judge.rule(counters, minutes(30)), Ruling::undecided);
  EXPECT_TRUE(judge.look(counters, minutes(30)).reason.starts_with("At its deadline, nothing"));
}

// One who asks only whether a request differs at all would see no change here.
TEST(Judge, does_not_pass_a_regression_beside_a_field_that_always_differs) {
  Judge judge(Settings{});
  Counters counters;
  Observation one = clean();
  one.differences = {{key("$.now"), true, true}};
  add(counters, one, 20'000);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::pass);
  one.differences.push_back({key("$.price"), true, false});
  add(counters, one, 200);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::fail);
}

TEST(Judge, does_not_pass_what_it_cannot_tell_from_a_regression) {
  Judge judge(Settings{});
  Counters counters;
  // Differs by chance, for either side, far more often than the margin.
  for (int i = 0; i < 2000; ++i) add(counters, differing("$.order", i % 2 == 0, i % 2 != 0), 1);
  add(counters, clean(), 4000);
  const Verdict verdict = judge.look(counters, minutes(11));
  EXPECT_EQ(verdict.ruling, Ruling::undecided);
  EXPECT_GE(of(verdict, Check::errors).log_e_pass, verdict.needed_pass);
  EXPECT_LT(of(verdict, Check::mismatch).log_e_pass, verdict.needed_pass);
}

TEST(Judge, judges_the_rate_where_there_is_no_control) {
  Judge judge(without_control());
  Counters counters;
  add(counters, clean(false), 4379);
  EXPECT_EQ(judge.rule(counters, minutes(11)), Ruling::undecided);
  add(counters, clean(false), 1);
  const Verdict passed = judge.look(counters, minutes(11));
  EXPECT_EQ(passed.ruling, Ruling::pass);
  EXPECT_FALSE(of(passed, Check::total_tail).enabled);
  Observation wrong = clean(false);
  wrong.differences = {{key("$.price"), true, false}};
  add(counters, wrong, 40);
  const Verdict failed = judge.look(counters, minutes(11));
  EXPECT_EQ(failed.ruling, Ruling::fail);
  EXPECT_EQ(
      failed.reason,
      "40 of 4,420 answers differ from the live ones, where 0.1 % is tolerated, most often by "
      "$.price (value) at GET /pets.");
}

TEST(Judge, compares_failures_with_the_live_service_where_there_is_no_control) {
  Judge judge(without_control());
  Counters counters;
  Observation dead = clean(false);
  dead.candidate = kFailed;
  dead.compared = false;
  add(counters, dead, 12);
  EXPECT_EQ(
      judge.look(counters, minutes(1)).reason,
      "The candidate fails where the live service does not in 12 of 12 requests, the other way "
      "round in 0.");
}

TEST(Judge, tolerates_what_it_is_told_to) {
  Settings patient;
  patient.latency_tolerance = 0.5;
  Counters counters = counters_for(patient);
  Observation slow = clean();
  slow.candidate.total_us = 2900;
  add(counters, slow, 2000);
  EXPECT_EQ(Judge(patient).rule(counters, minutes(1)), Ruling::undecided);
  slow.candidate.total_us = 3100;
  add(counters, slow, 2200);
  EXPECT_EQ(Judge(patient).rule(counters, minutes(1)), Ruling::fail);
}

TEST(Judge, says_what_is_slow) {
  Judge judge(Settings{});
  Counters counters = counters_for(Settings{});
  Observation slow = clean();
  slow.candidate.total_us = 2500;
  add(counters, slow, 40);
  const Verdict verdict = judge.look(counters, minutes(1));
  EXPECT_EQ(verdict.ruling, Ruling::fail);
  EXPECT_EQ(verdict.reason,
            "The candidate's total time is more than 10 % longer than the control's in 40 of 40 "
            "requests.");
}

TEST(Judge, says_what_is_slow_in_the_tail) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 1000);
  Observation slow = clean();
  slow.candidate.first_byte_us = 9000;
  for (int i = 0; i < 40; ++i) {
    add(counters, clean(), 10);
    add(counters, slow, 1);
  }
  const Verdict verdict = judge.look(counters, minutes(1));
  EXPECT_EQ(verdict.ruling, Ruling::fail);
  EXPECT_EQ(
      verdict.reason,
      "The candidate's time to the first byte exceeds the control's p99 (1.01 ms) by more than "
      "10 % where the control stays within it in 40 of 440 requests, the other way round in 0.");
  EXPECT_LE(verdict.first_byte.candidate.p50.within_us.low, 1000);
  EXPECT_GE(verdict.first_byte.candidate.p50.within_us.high, 1000);
  EXPECT_GE(verdict.first_byte.candidate.p99.value_us, 9000u);
}

TEST(Judge, shows_an_excess_with_an_interval_that_holds_it) {
  Judge judge(Settings{});
  Counters counters;
  add(counters, clean(), 980);
  add(counters, differing("$.a"), 15);
  add(counters, differing("$.a", false, true), 5);
  const CheckEvidence check = of(judge.look(counters, minutes(1)), Check::mismatch);
  EXPECT_NEAR(check.excess, 0.01, 1e-9);
  EXPECT_LT(check.excess_within.low, 0.01);
  EXPECT_GT(check.excess_within.high, 0.01);
}

// The smallest number of such requests, one after another, that is a FAIL.
int until_fail(const Settings& settings, const Observation& one) {
  Judge judge(settings);
  Counters counters;
  int n = 0;
  do {
    add(counters, one, 1);
    ++n;
  } while (judge.rule(counters, minutes(0)) != Ruling::fail);
  return n;
}

uint64_t until_pass(const Settings& settings, const Observation& bad, int times) {
  Counters counters;
  add(counters, bad, times);
  uint64_t needed = 0;
  for (const Check check : kChecks) {
    if (enabled(check, settings)) {
      needed = std::max(needed, clean_needed(check, counters, settings));
    }
  }
  return needed + static_cast<uint64_t>(times);
}

// The tables of docs/verdict.md.
TEST(Judge, costs_what_the_documentation_says) {
  Settings strict;
  Settings loose;
  loose.alpha = 0.05;
  EXPECT_EQ(until_fail(strict, failing()), 11);
  EXPECT_EQ(until_fail(loose, failing()), 8);
  EXPECT_EQ(until_fail(strict, differing("$.a")), 14);
  EXPECT_EQ(until_fail(loose, differing("$.a")), 11);

  struct Row {
    double margin;
    uint64_t clean;
    uint64_t one;
    uint64_t two;
  };
  for (const Row& row :
       {Row{0.05, 86, 144, 187}, Row{0.01, 436, 732, 951}, Row{0.005, 875, 1467, 1905},
        Row{0.001, 4380, 7346, 9537}, Row{0.0001, 43'814, 73'481, 95'397}}) {
    Settings settings = strict;
    settings.latency = false;
    settings.max_error_rise = settings.max_mismatch_rate = row.margin;
    EXPECT_EQ(until_pass(settings, clean(), 0), row.clean) << row.margin;
    EXPECT_EQ(until_pass(settings, differing("$.a"), 1), row.one) << row.margin;
    EXPECT_EQ(until_pass(settings, differing("$.a"), 2), row.two) << row.margin;
  }
}

// Of traffic in which one field differs by chance, for either side alike.
uint64_t until_pass_with_noise(double noise) {
  constexpr uint64_t kStep = 100;
  for (uint64_t n = kStep;; n += kStep) {
    const auto alone = static_cast<uint64_t>(noise * (1 - noise) * static_cast<double>(n));
    Counters counters;
    counters.differing_to_control = {n, {alone, alone, 0}};
    if (log_e_pass(Check::mismatch, counters, Settings{}) >= std::log(20)) return n;
  }
}

// Requests that noise marks already would hide a field that is worse in just these.
TEST(Judge, does_not_pass_on_requests_alone) {
  Counters counters;
  counters.differing_to_control = {50'000, {1000, 1000, 0}};
  EXPECT_GE(log_e_pass(Check::mismatch, counters, Settings{}), std::log(20));
  Field price{.key = key("$.price"), .first_seen_us = 1};
  price.count.candidate = 500;
  counters.fields.restore(price);
  EXPECT_LT(log_e_pass(Check::mismatch, counters, Settings{}), std::log(20));
}

TEST(Judge, needs_more_traffic_where_there_is_noise) {
  EXPECT_EQ(until_pass_with_noise(0), 900u);
  EXPECT_EQ(until_pass_with_noise(0.005), 5200u);
  EXPECT_EQ(until_pass_with_noise(0.05), 44'600u);
  EXPECT_EQ(until_pass_with_noise(0.3), 197'000u);
}

// The weights of what is enabled come to 1, whatever is.
TEST(Judge, stakes_no_more_than_it_has) {
  for (const bool control : {true, false}) {
    for (const bool latency : {true, false}) {
      Settings settings;
      settings.control = control;
      settings.latency = latency;
      double sum = 0;
      for (const Check check : kChecks) sum += weight(check, settings);
      EXPECT_NEAR(sum, 1, 1e-12);
    }
  }
}

TEST(Judge, never_rules_by_a_bound_that_is_below_the_evidence) {
  Counters counters;
  add(counters, clean(), 1100);
  for (int i = 0; i < 300; ++i) {
    add(counters, differing("$." + std::to_string(i % 7), i % 3 != 0, i % 3 == 0), 1);
    if (i % 20 == 0) add(counters, failing(), 1);
    for (const Settings& settings : {Settings{}, without_control()}) {
      for (const Check check : kChecks) {
        EXPECT_LE(log_e_fail(check, counters, settings),
                  log_e_fail_bound(check, counters, settings) + 1e-9);
      }
    }
  }
}

TEST(Settings, are_refused_when_they_make_no_sense) {
  EXPECT_FALSE(problem(Settings{}).has_value());
  Settings settings;
  settings.alpha = 0;
  EXPECT_EQ(problem(settings), "alpha is 0, but must lie between 0 and 0.5");
  settings = {};
  settings.max_mismatch_rate = std::nan("");
  EXPECT_TRUE(problem(settings).has_value());
  settings = {};
  settings.latency_tolerance = -0.1;
  EXPECT_EQ(problem(settings), "latencyTolerance is -0.1, but must lie between 0 and 100");
}

}  // namespace
}  // namespace gnomon::verdict
