#include "trial/trial_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/rng.h"
#include "compare/proto_testing.h"
#include "trial/testing.h"

namespace gnomon::trial {
namespace {

using shadow::Leg;
using shadow::Trio;
using testing::json_answer;
using testing::kSecret;
using testing::make_plan;
using testing::make_trio;

class TrialRunTest : public ::testing::Test {
 protected:
  void feed(std::string_view path, std::string_view live, std::string_view candidate) {
    run.on_trio(*make_trio(plan, path, live, candidate), comparer);
  }
  void feed_version(std::string_view version) {
    const auto trio = make_trio(plan, "/a", "{}", "{}");
    trio->of(Leg::candidate).headers.add("x-version", version);
    run.on_trio(*trio, comparer);
  }
  uint64_t compared() { return run.save().counters.differing.n; }

  ManualClock clock;
  compare::Comparer comparer;
  std::shared_ptr<routing::Trial> plan = make_plan();
  TrialRun run{plan, compare::RedactionKey(kSecret), clock};
};

TEST_F(TrialRunTest, counts_a_difference_under_its_endpoint_path_and_kind) {
  feed("/pets/1", R"({"price":1})", R"({"price":2})");
  const auto fields = run.save().counters.fields.fields();
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].key, (verdict::FieldKey{"GET /pets/{}", "$.price", "value"}));
  EXPECT_EQ(fields[0].unpaired, 1u);
}

TEST_F(TrialRunTest, does_not_count_under_names_that_are_redacted) {
  const compare::RedactionSpec secret{compare::RedactionSpec::Place::regex, "acct-[a-z]+"};
  plan->redaction = *compare::RedactionPolicy::compile({{secret}}, compare::RedactionMode::rules);
  feed("/of/acct-alice/pets", R"({"acct-alice":1})", R"({"acct-alice":2})");
  feed("/of/%61cct-bob/pets?acct-bob", R"({"acct-bob":1})", R"({"acct-bob":2})");
  const auto saved = run.save();
  const auto fields = saved.counters.fields.fields();
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].key, (verdict::FieldKey{"GET /of/{}/pets", "$.{}", "value"}));
  EXPECT_FALSE(saved.endpoints.contains("alice") || saved.endpoints.contains("bob"));
}

TEST_F(TrialRunTest, bounds_what_a_field_is_called) {
  std::string left;
  for (int i = 0; i < 40; ++i) left += fmt::format(R"({{"member_of_the_{:a>20}":)", "");
  const std::string right = left + "2" + std::string(40, '}');
  left += "1" + std::string(40, '}');
  feed("/a", left, right);
  const auto fields = run.save().counters.fields.fields();
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].key.path.size(), 503u);
}

TEST_F(TrialRunTest, what_was_passed_over_counts_as_chosen_at_its_endpoint) {
  feed("/pets/1", "{}", "{}");
  const auto trio = make_trio(plan, "/pets/2", "", "");
  trio->passed_over = true;
  trio->of(Leg::live).status = 0;
  run.on_trio(*trio, comparer);
  const auto known = run.save().counters;
  EXPECT_EQ(known.endpoints.counts().at("GET /pets/{}"),
            (verdict::EndpointCount{.sampled = 2, .compared = 1, .excluded = 1}));
  EXPECT_EQ(known.errors_to_live.n, 1u);
  EXPECT_EQ(known.excluded.total(), 0u);
  // Nothing is learnt from what nobody has answered yet.
  const auto of = [&](std::string_view path, uint16_t status) {
    trio->request.path = trio->request.headers.intern(path);
    trio->of(Leg::live).status = status;
    run.on_trio(*trio, comparer);
    return run.save().counters.endpoints.counts();
  };
  EXPECT_EQ(of("/shops", 0).at("other").excluded, 1u);
  EXPECT_EQ(of("/shops", 404).at("other").excluded, 2u);
  EXPECT_EQ(of("/shops", 200).at("GET /shops").excluded, 1u);
}

TEST_F(TrialRunTest, what_was_passed_over_in_a_former_epoch_counts_nowhere) {
  const auto trio = make_trio(plan, "/pets/2", "", "");
  trio->passed_over = true;
  trio->taken = clock.now();
  clock.advance(std::chrono::seconds(1));
  run.begin_epoch("new image");
  run.on_trio(*trio, comparer);
  const auto other = std::make_shared<routing::Trial>(*plan);
  other->digest = 8;
  trio->trial = other;
  trio->taken = TimePoint::max();
  run.on_trio(*trio, comparer);
  EXPECT_TRUE(run.save().counters.endpoints.counts().empty());
}

compare::CapturedBody let_go(std::string_view body) {
  compare::BodyCapture capture;
  capture.append(Chunk::copy_of(body));
  capture.shed();
  return capture.take();
}

TEST_F(TrialRunTest, bodies_that_were_let_go_and_differ_do_not_speak_for_fail) {
  const auto trio = make_trio(plan, "/a", "{}", "{}");
  trio->of(Leg::live).body = let_go(R"({"a":1,"b":2})");
  trio->of(Leg::candidate).body = let_go(R"({"b":2,"a":1})");
  for (int i = 0; i < 100; ++i) run.on_trio(*trio, comparer);
  run.look();
  EXPECT_EQ(run.view().verdict.ruling, verdict::Ruling::undecided);
  EXPECT_EQ(run.view().unread, 100u);
  EXPECT_EQ(compared(), 0u);
  EXPECT_NE(run.take_samples().at(0).body.find("memoryPressure"), std::string::npos);
  // Another status is another status.
  trio->of(Leg::candidate).status = 500;
  for (int i = 0; i < 100; ++i) run.on_trio(*trio, comparer);
  run.look();
  EXPECT_EQ(run.view().verdict.ruling, verdict::Ruling::fail);
}

TEST_F(TrialRunTest, bodies_that_were_let_go_and_are_the_same_are_compared) {
  const auto trio = make_trio(plan, "/a", "{}", "{}");
  for (const Leg leg : {Leg::live, Leg::candidate}) trio->of(leg).body = let_go("same");
  run.on_trio(*trio, comparer);
  EXPECT_EQ(compared(), 1u);
}

TEST_F(TrialRunTest, a_failed_candidate_is_an_outcome_and_is_not_compared) {
  const auto trio = make_trio(plan, "/a", "{}", "{}");
  trio->of(Leg::candidate).outcome = compare::Outcome::error;
  trio->of(Leg::candidate).error = Errc::connect_failed;
  run.on_trio(*trio, comparer);
  const verdict::Counters counters = run.save().counters;
  EXPECT_EQ(counters.differing.n, 0u);
  EXPECT_EQ(counters.errors_to_live.lost.candidate, 1u);
}

TEST_F(TrialRunTest,
       a_control_that_differs_in_status_as_the_candidate_does_leaves_nothing_compared) {
  const auto feed = [&](const compare::Answer& others) {
    auto trio = make_trio(plan, "/a", "{}", "{}");
    trio->has_control = true;
    trio->of(Leg::candidate) = trio->of(Leg::control) = others;
    run.on_trio(*trio, comparer);
  };
  feed(json_answer("{}", 404));
  feed(json_answer("<html>"));
  compare::Answer image = json_answer("GIF");
  image.headers = {};
  image.headers.add("content-type", "image/gif");
  feed(image);
  EXPECT_EQ(run.save().counters.differing_to_control.n, 0u);
  EXPECT_EQ(run.save().counters.excluded.of(verdict::kBlind), 3u);
  feed(json_answer("{}", 201));
  feed(json_answer(R"({"a":1})"));
  EXPECT_EQ(run.save().counters.differing_to_control.n, 2u);
}

TEST_F(TrialRunTest,
       without_a_control_a_copy_is_held_against_the_first_attempt_of_the_live_request) {
  const auto feed = [&](uint16_t live, uint16_t candidate, std::optional<uint16_t> first = {}) {
    auto trio = make_trio(plan, "/a", "{}", "{}");
    trio->of(Leg::live).status = live;
    trio->of(Leg::candidate).status = candidate;
    if (first) trio->first_attempt = {.status = *first};
    run.on_trio(*trio, comparer);
  };
  feed(200, 200);
  feed(200, 200, 503);  // answers are compared; the candidate had the better luck
  feed(200, 503, 503);  // both failed, and there is nothing to compare
  feed(200, 503);
  feed(503, 200);
  feed(503, 503);
  feed(404, 200);       // no failure: an answer that differs
  feed(200, 409, 409);  // nor is what was sent again for another reason, which says nothing more
  feed(200, 409, 404);  // this does
  run.look();
  const verdict::Counters counters = run.save().counters;
  EXPECT_EQ(counters.errors_to_live, (verdict::Pairs{9, {1, 2, 2}}));
  EXPECT_EQ(counters.differing, (verdict::Pairs{5, {2, 0, 0}}));
  EXPECT_EQ(run.view().outcomes[static_cast<size_t>(Leg::live)].of("5xx"), 4u);
  std::set<std::string> fields;
  for (const verdict::Field& field : counters.fields.fields()) {
    fields.insert(field.key.path + " " + field.key.kind);
  }
  EXPECT_EQ(fields, (std::set<std::string>{"outcome error", "status status"}));
  // The sample shows what the failure looked like.
  bool shown = false;
  for (const Sample& sample : run.take_samples()) shown |= sample.field.path == "outcome";
  EXPECT_TRUE(shown);
}

TEST_F(TrialRunTest, beside_a_control_a_failure_differs_as_any_other_answer) {
  auto trio = make_trio(plan, "/a", "{}", "{}");
  trio->has_control = true;
  trio->of(Leg::control) = json_answer("{}");
  trio->of(Leg::candidate).status = 503;
  run.on_trio(*trio, comparer);
  EXPECT_EQ(run.save().counters.differing_to_control, (verdict::Pairs{1, {1, 0, 0}}));
  EXPECT_EQ(run.save().counters.fields.fields().at(0).key.path, "status");
}

TEST_F(TrialRunTest, counts_the_limits_that_comparisons_reached_also_where_answers_are_equal) {
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  feed("/a", deep, " " + deep);
  feed("/a", "{}", "{}");
  auto trio = make_trio(plan, "/a", deep, deep);
  trio->has_control = true;
  trio->of(Leg::control) = json_answer(" " + deep);
  run.on_trio(*trio, comparer);
  run.look();
  const auto& limits = run.view().limits;
  EXPECT_EQ(limits[static_cast<size_t>(Leg::candidate)].of("depth"), 1u);
  EXPECT_EQ(limits[static_cast<size_t>(Leg::control)].of("depth"), 1u);
  EXPECT_EQ(run.view().differing.n, 3u);
}

TEST_F(TrialRunTest, another_digest_of_the_rules_begins_a_new_epoch_and_settings_stay) {
  feed("/a", "{}", "{}");
  auto next = make_plan();
  next->body_bytes = 1;  // nothing that evidence depends on
  run.install(next);
  EXPECT_EQ(run.view().epoch.number, 1u);
  EXPECT_EQ(compared(), 1u);
  auto other = make_plan();
  other->digest = 8;
  run.install(other);
  EXPECT_EQ(run.view().epoch.number, 2u);
  EXPECT_EQ(compared(), 0u);
}

TEST_F(TrialRunTest, time_in_which_two_processes_have_the_trial_is_counted_once) {
  run.count_apart();
  SavedRun theirs = run.save();
  clock.advance(std::chrono::seconds(50));
  theirs.epoch.before = std::chrono::seconds(100);
  theirs.kept = clock.wall();
  clock.advance(std::chrono::seconds(10));
  run.take_over(std::move(theirs));
  EXPECT_EQ(run.view().elapsed, std::chrono::seconds(110));
}

TEST_F(TrialRunTest, another_candidate_begins_one_new_epoch_and_says_why) {
  struct Case {
    const char* candidate;
    uint64_t candidate_digest;
    uint64_t digest;
    uint64_t epoch;
    const char* cause;
  };
  const Case cases[] = {
      {"", 0, 7, 1, "the trial began"},
      {"sha256:1", 1, 8, 2, "another candidate is on trial"},
      {"sha256:1", 1, 8, 2, "another candidate is on trial"},
      {"sha256:1", 2, 9, 3, "the candidate's Upstream was changed"},
      {"sha256:1", 2, 10, 4, "what is compared, or how it is sent or judged, was changed"},
  };
  for (const Case& each : cases) {
    auto next = make_plan();
    next->candidate = each.candidate;
    next->candidate_digest = each.candidate_digest;
    next->digest = each.digest;
    run.install(next);
    const TrialRun::View view = run.view();
    EXPECT_EQ(view.epoch.number, each.epoch);
    EXPECT_EQ(view.epoch.cause, each.cause);
    EXPECT_EQ(view.candidate, each.candidate);
  }
}

TEST_F(TrialRunTest, a_version_may_be_on_trial_again_with_another_candidate) {
  plan->version_header = "x-version";
  feed_version("one");
  feed_version("two");
  auto next = make_plan();
  next->version_header = "x-version";
  next->candidate_digest = 1;
  next->digest = 8;
  plan = next;
  run.install(next);
  feed_version("one");
  run.look();
  EXPECT_EQ(run.view().epoch.version, "one");
  EXPECT_EQ(compared(), 1u);
  EXPECT_EQ(run.view().excluded.of("former_version"), 0u);
}

class ReplacedCandidate : public TrialRunTest {
 protected:
  ReplacedCandidate() {
    plan->version_header = "x-version";
    plan->candidate = "image-1";
    feed_version("one");
    announce("image-2", 2);
  }
  void announce(const char* candidate, uint64_t digest) {
    plan = make_plan();
    plan->version_header = "x-version";
    plan->candidate = candidate;
    plan->candidate_digest = plan->digest = digest;
    run.install(plan);
    run.look();
  }
  uint64_t excluded() {
    run.look();
    return run.view().excluded.of("former_version");
  }
};

TEST_F(ReplacedCandidate, is_no_second_candidate_while_it_still_answers) {
  feed_version("one");
  EXPECT_EQ(run.view().epoch.version, "");
  feed_version("two");
  feed_version("one");
  feed_version("two");
  EXPECT_EQ(excluded(), 2u);
  EXPECT_EQ(compared(), 2u);
  EXPECT_EQ(run.view().epoch.number, 2u);
  EXPECT_EQ(run.view().epoch.version, "two");
  EXPECT_EQ(run.view().epoch.cause, "another candidate is on trial");
}

TEST_F(ReplacedCandidate, may_be_replaced_by_one_that_says_the_same_version) {
  clock.advance(std::chrono::minutes(9));
  feed_version("one");
  EXPECT_EQ(excluded(), 1u);
  clock.advance(std::chrono::minutes(1));
  feed_version("one");
  EXPECT_EQ(compared(), 1u);
  EXPECT_EQ(run.view().epoch.number, 2u);
  // Or at once, if its operator says so.
  announce("image-3", 3);
  feed_version("one");
  EXPECT_EQ(compared(), 0u);
  run.begin_epoch("it says the same version");
  feed_version("one");
  EXPECT_EQ(compared(), 1u);
}

TEST_F(ReplacedCandidate, may_come_back) {
  announce("image-1", 1);  // before the other one has said a word
  feed_version("one");
  EXPECT_EQ(compared(), 1u);
  announce("image-2", 2);
  feed_version("two");
  announce("image-1", 1);
  feed_version("two");
  feed_version("one");
  EXPECT_EQ(excluded(), 1u);
  EXPECT_EQ(compared(), 1u);
  EXPECT_EQ(run.view().epoch.version, "one");
}

TEST_F(ReplacedCandidate, answers_on_while_its_successor_is_announced_anew) {
  announce("image-2b", 3);
  feed_version("one");
  feed_version("two");
  EXPECT_EQ(excluded(), 1u);
  EXPECT_EQ(run.view().epoch.number, 3u);
  EXPECT_EQ(run.view().epoch.version, "two");
}

TEST_F(TrialRunTest, what_pass_waits_for_may_change_under_way) {
  const auto make_easy = [] {
    auto easy = make_plan();
    easy->digest = 8;
    easy->settings.max_error_rise = easy->settings.max_mismatch_rate = 0.5;
    return easy;
  };
  plan = make_easy();
  run.install(plan);
  for (int i = 0; i < 50; ++i) feed("/a", "{}", "{}");
  run.look();
  ASSERT_EQ(run.view().verdict.ruling, verdict::Ruling::pass);
  auto next = make_easy();
  next->settings.required_endpoints = {"/b"};
  run.install(next);
  EXPECT_EQ(run.view().epoch.number, 2u);
  EXPECT_EQ(run.view().verdict.ruling, verdict::Ruling::undecided);
  EXPECT_EQ(run.view().verdict.coverage.missing_endpoints, (std::vector<std::string>{"/b"}));
  auto last = make_easy();
  last->settings.min_requests = 51;
  run.install(last);
  EXPECT_EQ(run.view().verdict.ruling, verdict::Ruling::undecided);
  feed("/a", "{}", "{}");
  run.look();
  EXPECT_EQ(run.view().verdict.ruling, verdict::Ruling::pass);
}

TEST_F(TrialRunTest, what_was_copied_under_other_rules_is_no_evidence) {
  const auto trio = make_trio(plan, "/a", "{}", "{}");
  auto other = make_plan();
  other->digest = 8;
  run.install(other);
  run.on_trio(*trio, comparer);
  EXPECT_EQ(compared(), 0u);
  run.look();
  EXPECT_EQ(run.view().excluded.of("former_epoch"), 1u);
}

TEST_F(TrialRunTest, a_new_version_begins_a_new_epoch_and_the_old_one_is_excluded) {
  plan->version_header = "x-version";
  feed_version("one");
  feed_version("one");
  run.look();
  EXPECT_EQ(run.view().epoch.version, "one");
  feed_version("two");
  EXPECT_EQ(run.view().epoch.number, 2u);
  EXPECT_EQ(compared(), 1u);
  feed_version("one");
  EXPECT_EQ(run.view().epoch.number, 2u);
  run.look();
  EXPECT_EQ(run.view().excluded.of("former_version"), 1u);
  EXPECT_EQ(compared(), 1u);
}

class RolledOut : public TrialRunTest {
 protected:
  RolledOut() {
    plan->version_header = "x-version";
    plan->settings.control = true;
    plan->candidate_digest = 1;
    plan->candidate = "image-2";
    compare::RuleOptions options;
    options.ignore_headers = {"x-version"};
    plan->rules = *compare::RuleBook::compile({}, options);
    feed_version("one");
    feed_version("two");
    feed_version("one");
  }
  // Without a version.
  void feed_failures(int count, bool of_control) {
    for (int i = 0; i < count; ++i) {
      const auto trio = make_trio(plan, "/a", "{}", "{}");
      trio->has_control = true;
      trio->of(Leg::control) = json_answer("{}");
      trio->of(of_control ? Leg::control : Leg::candidate).outcome = compare::Outcome::timed_out;
      run.on_trio(*trio, comparer);
    }
  }
  void feed_version(TrialRun& to, std::string_view version) {
    const auto trio = make_trio(plan, "/a", "{}", "{}");
    trio->of(Leg::candidate).headers.add("x-version", version);
    to.on_trio(*trio, comparer);
  }
  using TrialRunTest::feed_version;
  verdict::Pairs errors() { return run.save().counters.errors_to_control; }
};

// Where answers of former versions do not count their failures may not either.
TEST_F(RolledOut, failures_that_say_no_version_count_once_no_former_one_answers) {
  feed_failures(20, false);
  EXPECT_EQ(errors(), verdict::Pairs());
  verdict::Counters counters = run.save().counters;
  EXPECT_EQ(counters.failed_unattributed, (verdict::Doubts{20, 20}));
  EXPECT_EQ(counters.excluded.of(verdict::kUnattributed), 20u);
  clock.advance(std::chrono::seconds(59));
  feed_version("one");
  clock.advance(std::chrono::seconds(59));
  feed_failures(20, false);
  run.look();
  EXPECT_NE(run.view().verdict.ruling, verdict::Ruling::fail);
  clock.advance(std::chrono::seconds(1));
  feed_failures(20, false);
  EXPECT_EQ(errors(), (verdict::Pairs{20, {20, 0, 0}}));
  run.look();
  EXPECT_EQ(run.view().verdict.ruling, verdict::Ruling::fail);
}

TEST_F(RolledOut, a_failure_whose_head_says_the_version_counts_at_once) {
  const auto trio = make_trio(plan, "/a", "{}", "{}");
  trio->has_control = true;
  trio->of(Leg::control) = json_answer("{}");
  trio->of(Leg::candidate).headers.add("x-version", "two");
  trio->of(Leg::candidate).outcome = compare::Outcome::error;
  run.on_trio(*trio, comparer);
  EXPECT_EQ(errors(), (verdict::Pairs{1, {1, 0, 0}}));
  trio->of(Leg::candidate).headers.clear();
  trio->of(Leg::candidate).headers.add("x-version", "one");
  run.on_trio(*trio, comparer);
  EXPECT_EQ(errors().n, 1u);
  EXPECT_EQ(run.save().counters.excluded.of("former_version"), 2u);
}

TEST_F(RolledOut, identical_versions_do_not_fail_by_those_whose_answers_are_left_out) {
  Rng rng(11);
  for (int i = 0; i < 4'000; ++i) {
    const auto trio = make_trio(plan, "/a", "{}", "{}");
    trio->has_control = true;
    trio->of(Leg::control) = json_answer("{}");
    for (const Leg leg : {Leg::candidate, Leg::control}) {
      if (rng.below(5) == 0) {
        trio->of(leg).outcome = compare::Outcome::error;
      } else if (leg == Leg::candidate) {
        trio->of(leg).headers.add("x-version", rng.below(4) == 0 ? "two" : "one");
      }
    }
    run.on_trio(*trio, comparer);
  }
  run.look();
  EXPECT_EQ(run.view().epoch.number, 2u);
  EXPECT_EQ(run.view().verdict.ruling, verdict::Ruling::undecided) << run.view().verdict.reason;
}

TEST_F(RolledOut, former_versions_are_known_after_a_restart) {
  TrialRun next(plan, compare::RedactionKey(kSecret), clock, run.save());
  feed_version(next, "one");
  next.look();
  EXPECT_EQ(next.view().epoch.number, 2u);
  EXPECT_EQ(next.view().epoch.version, "two");
  EXPECT_EQ(next.view().excluded.of("former_version"), 2u);
}

TEST_F(RolledOut, another_candidate_that_comes_with_a_restart_begins_one_epoch) {
  const SavedRun saved = run.save();
  plan = make_plan();
  plan->version_header = "x-version";
  plan->candidate = "image-3";
  plan->digest = plan->candidate_digest = 9;
  TrialRun next(plan, compare::RedactionKey(kSecret), clock, saved);
  for (const char* const version : {"two", "three", "two"}) feed_version(next, version);
  next.look();
  EXPECT_EQ(next.view().epoch.number, 3u);
  EXPECT_EQ(next.view().epoch.version, "three");
  EXPECT_EQ(next.view().excluded.of("former_version"), 2u);
}

TEST_F(RolledOut, a_version_that_is_rolled_back_to_is_on_trial_again) {
  for (int minute = 0; minute < 10; ++minute) {
    feed_version("one");
    EXPECT_EQ(run.view().epoch.number, 2u);
    clock.advance(std::chrono::minutes(1));
  }
  feed_version("one");
  EXPECT_EQ(run.view().epoch.number, 3u);
  EXPECT_EQ(run.view().epoch.version, "one");
  EXPECT_EQ(run.view().candidate, "");  // that was announced is another one
  feed_version("two");
  EXPECT_EQ(run.view().epoch.number, 3u);
  // Or at once, if an operator says so.
  run.begin_epoch("rolled forward again");
  feed_version("two");
  run.look();
  EXPECT_EQ(run.view().epoch.version, "two");
  EXPECT_EQ(compared(), 1u);
}

TEST_F(TrialRunTest, what_was_copied_before_an_operator_began_anew_is_no_evidence) {
  const auto feed_taken_at = [&](TimePoint at) {
    const auto trio = make_trio(plan, "/a", "{}", R"({"broken":1})");
    trio->taken = at;
    run.on_trio(*trio, comparer);
  };
  clock.advance(std::chrono::seconds(1));
  const TimePoint before = clock.now();
  feed_taken_at(before);
  EXPECT_EQ(compared(), 1u);
  clock.advance(std::chrono::seconds(1));
  run.begin_epoch("the new image is there");
  feed_taken_at(before);
  EXPECT_EQ(compared(), 0u);
  EXPECT_EQ(run.save().counters.excluded.of("former_version"), 1u);
  feed_taken_at(clock.now());
  EXPECT_EQ(compared(), 1u);
}

TEST_F(TrialRunTest, names_of_endpoints_that_are_learnt_take_their_counts_along) {
  for (int i = 0; i < 100; ++i) {
    feed("/shop/" + std::string(1, static_cast<char>('a' + i % 26)) +
             std::string(1, static_cast<char>('a' + i / 26)) + "/x",
         R"({"a":1})", R"({"a":2})");
  }
  const verdict::Counters counters = run.save().counters;
  uint64_t counted = 0;
  for (const verdict::Field& field : counters.fields.fields()) {
    if (field.unpaired > 0) EXPECT_EQ(field.key.endpoint, "GET /shop/{}/x");
    counted += field.unpaired;
  }
  EXPECT_EQ(counted, 100u);
}

TEST_F(TrialRunTest, goes_on_where_an_earlier_run_ended) {
  feed("/a", R"({"a":1})", R"({"a":2})");
  clock.advance(std::chrono::seconds(5));
  run.look();
  TrialRun next(plan, compare::RedactionKey(kSecret), clock, run.save());
  EXPECT_EQ(next.save().counters, run.save().counters);
  EXPECT_EQ(next.view().elapsed, std::chrono::seconds(5));
  EXPECT_EQ(next.view().epoch.number, 1u);
}

TEST_F(TrialRunTest, evidence_about_other_rules_is_not_gone_on_with) {
  feed("/a", "{}", "{}");
  SavedRun saved = run.save();
  saved.epoch.rules = 99;
  TrialRun next(plan, compare::RedactionKey(kSecret), clock, std::move(saved));
  EXPECT_EQ(next.view().epoch.number, 2u);
  EXPECT_EQ(next.save().counters.differing.n, 0u);
}

TEST_F(TrialRunTest, a_fail_stands_after_a_restart) {
  plan->settings.max_mismatch_rate = 0.01;
  for (int i = 0; i < 50; ++i) feed("/a", R"({"a":1})", R"({"a":2})");
  run.look();
  ASSERT_EQ(run.view().verdict.ruling, verdict::Ruling::fail);
  TrialRun next(plan, compare::RedactionKey(kSecret), clock, run.save());
  EXPECT_EQ(next.view().verdict.ruling, verdict::Ruling::fail);
}

TEST_F(TrialRunTest, keeps_one_sample_of_a_field_a_second) {
  for (int i = 0; i < 10; ++i) feed("/a", R"({"a":1})", R"({"a":2})");
  EXPECT_EQ(run.take_samples().size(), 1u);
  clock.advance(std::chrono::seconds(1));
  feed("/a", R"({"a":1})", R"({"a":3})");
  const std::vector<Sample> samples = run.take_samples();
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_NE(samples[0].body.find(R"("other":"3")"), std::string::npos) << samples[0].body;
}

TEST_F(TrialRunTest, has_a_limit_for_samples_that_wait) {
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "n" + std::to_string(i);
    feed("/a", "{\"" + name + "\":1}", "{\"" + name + "\":2}");
  }
  run.look();
  const uint64_t refused = run.view().samples_refused;
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(run.take_samples().size() + refused, 1000u);
}

TEST_F(TrialRunTest, has_a_limit_for_the_bytes_of_samples_that_wait) {
  const std::string text(100'000, 'x');  // of which a sample shows 16 KiB on each side
  const auto feed_fields = [&] {
    for (int i = 0; i < 400; ++i) {
      feed("/a", fmt::format(R"({{"n{}":1,"text":"{}"}})", i, text),
           fmt::format(R"({{"n{}":2,"text":"{}"}})", i, text));
    }
  };
  const auto take = [&] {
    size_t bytes = 0;
    std::set<verdict::FieldKey> fields;
    for (const Sample& sample : run.take_samples()) {
      bytes += sample.body.size();
      fields.insert(sample.field);
    }
    EXPECT_LT(bytes, size_t{9} << 20);
    return fields;
  };
  feed_fields();
  std::set<verdict::FieldKey> seen = take();
  ASSERT_LT(seen.size(), 300u);
  // Those that had to stay out come before those that were shown.
  clock.advance(std::chrono::seconds(1));
  feed_fields();
  seen.merge(take());
  EXPECT_EQ(seen.size(), 400u);
}

TEST_F(TrialRunTest, a_new_epoch_takes_samples_anew) {
  feed("/a", R"({"a":1})", R"({"a":2})");
  EXPECT_EQ(run.take_samples().size(), 1u);
  run.begin_epoch("asked for");
  feed("/a", R"({"a":1})", R"({"a":2})");
  EXPECT_EQ(run.take_samples().size(), 1u);
}

TEST_F(TrialRunTest, noise_alone_is_not_worth_a_sample) {
  const auto trio = make_trio(plan, "/a", R"({"a":1})", R"({"a":1})");
  trio->has_control = true;
  trio->of(Leg::control) = json_answer(R"({"a":2})");
  run.on_trio(*trio, comparer);
  EXPECT_TRUE(run.take_samples().empty());
}

TEST_F(TrialRunTest, what_the_service_does_not_know_names_no_endpoint) {
  const auto trio = make_trio(plan, "/a/b", "{}", "{}");
  trio->of(Leg::live).status = trio->of(Leg::candidate).status = 404;
  run.on_trio(*trio, comparer);
  const SavedRun saved = run.save();
  const auto& endpoints = saved.counters.endpoints.counts();
  EXPECT_TRUE(endpoints.contains("other"));
  EXPECT_EQ(endpoints.size(), 1u);
}

TEST_F(TrialRunTest, remembers_as_many_former_versions_as_fit) {
  plan->version_header = "x-version";
  for (int i = 0; i < 40; ++i) feed_version("v" + std::to_string(i));
  EXPECT_EQ(run.view().epoch.number, 40u);
  feed_version("v38");
  EXPECT_EQ(run.view().epoch.number, 40u);
  feed_version("v0");  // forgotten
  EXPECT_EQ(run.view().epoch.number, 41u);
}

TEST_F(TrialRunTest, names_fields_of_every_leg_by_the_description) {
  const auto schema = compare::ProtoSchema::load(compare::testing::pet_shop());
  ASSERT_TRUE(schema.has_value());
  plan->schema = *schema;
  const auto trio = make_trio(plan, "/shop.Pets/Get", "", "");
  const auto answer = [](std::string_view name) {
    compare::Answer made;
    made.status = 200;
    made.headers.add("content-type", "application/grpc");
    made.body.append(
        Chunk::copy_of(compare::testing::grpc_frame(compare::testing::bytes_field(1, name))));
    return made;
  };
  trio->has_control = true;
  trio->of(Leg::live) = answer("Rex");
  trio->of(Leg::candidate) = answer("Max");
  trio->of(Leg::control) = answer("Tom");
  run.on_trio(*trio, comparer);
  const auto fields = run.save().counters.fields.fields();
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].key.path, "$[*].name");
  EXPECT_EQ(fields[0].count.both, 1u);
}

// Two answers that take a while to compare and to redact.
std::pair<std::string, std::string> long_answers() {
  std::string left = "{";
  std::string right = "{";
  for (int i = 0; i < 50'000; ++i) {
    left += fmt::format("\"m{}\":{},", i, i);
    right += fmt::format("\"m{}\":{},", i, i + 1);
  }
  return {left + "\"z\":1}", right + "\"z\":2}"};
}

TEST_F(TrialRunTest, what_is_being_compared_when_an_epoch_begins_counts_for_none) {
  const auto [left, right] = long_answers();
  const auto trio = make_trio(plan, "/long", left, right);
  std::thread comparing([&] { run.on_trio(*trio, comparer); });
  // From here on it has its place in the old epoch.
  while (run.save().endpoints.empty()) std::this_thread::yield();
  run.begin_epoch("asked for");
  comparing.join();
  EXPECT_EQ(compared(), 0u);
  EXPECT_TRUE(run.take_samples().empty());
  EXPECT_EQ(run.save().counters.excluded.of("former_epoch"), 1u);
}

TEST_F(TrialRunTest, a_sample_of_an_epoch_that_has_ended_is_dropped) {
  const auto [left, right] = long_answers();
  const auto trio = make_trio(plan, "/long", left, right);
  std::thread comparing([&] { run.on_trio(*trio, comparer); });
  // From here on it is being redacted.
  while (compared() == 0) std::this_thread::yield();
  run.begin_epoch("asked for");
  comparing.join();
  EXPECT_TRUE(run.take_samples().empty());
}

TEST_F(TrialRunTest, a_trial_may_keep_no_samples) {
  plan->samples = false;
  feed("/a", R"({"a":1})", R"({"a":2})");
  EXPECT_TRUE(run.take_samples().empty());
}

TEST_F(TrialRunTest, counts_different_requests_and_the_busiest_client) {
  for (uint64_t i = 0; i < 20; ++i) {
    const auto trio = make_trio(plan, fmt::format("/pets/{}", i % 5), "{}", "{}");
    trio->client = i % 4 == 0 ? 1 : 2;
    run.on_trio(*trio, comparer);
  }
  run.look();
  EXPECT_EQ(run.view().verdict.coverage.requests, 5u);
  EXPECT_DOUBLE_EQ(run.view().verdict.coverage.client_share, 0.75);
}

}  // namespace
}  // namespace gnomon::trial
