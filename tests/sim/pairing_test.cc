// What becomes of the answers of a request that is compared: every leg ends in an outcome, whatever
// it does, and nothing of it reaches the client.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "backend.h"
#include "routing/trial.h"
#include "verdict/judge.h"
#include "world.h"

namespace gnomon::sim {
namespace {

using compare::Outcome;
using shadow::Leg;
using shadow::Trio;
using shadow::Uncompared;
using std::chrono::seconds;

class Collector final : public shadow::TrioSink {
 public:
  bool take(std::unique_ptr<Trio> trio) noexcept override {
    if (full) return false;
    (trio->passed_over ? passed_over : trios).push_back(std::move(trio));
    return true;
  }
  bool full = false;
  std::vector<std::unique_ptr<Trio>> trios;
  std::vector<std::unique_ptr<Trio>> passed_over;
};

std::string body_of(const compare::Answer& answer) {
  std::string body;
  for (const Chunk& chunk : answer.body.chunks) body += chunk.view();
  return body;
}

constexpr uint64_t kBudget = uint64_t{256} << 10;

// A route to the primary with one candidate, and a control where `control` says so.
struct ComparedRoute {
  explicit ComparedRoute(bool control, uint64_t seed = 1, uint64_t body_bytes = 1000,
                         const routing::RetryPolicy& retry = {})
      : world(seed, &collector) {
    auto snapshot = std::make_shared<OneRouteSnapshot>();
    snapshot->route.retry = retry;
    routing::ShadowPolicy& policy = snapshot->add_shadow("candidate", shadow_address());
    auto trial = std::make_shared<routing::Trial>();
    trial->body_bytes = body_bytes;
    policy.trial = trial;
    policy.timeout = seconds(5);
    policy.buffer_bytes_max = kBudget;
    if (control) {
      auto second = std::make_shared<routing::ShadowPolicy>(policy);
      second->name = "candidate.control";
      second->cluster = routing::kNoCluster;
      controlled = second;
      policy.control = second;
      snapshot->share_primary();
    }
    primary = &world.add_backend(primary_address(), Behaviour::echo);
    world.serve(snapshot);
  }

  uint64_t uncompared(Uncompared why) {
    return world.shadow_stats("candidate").uncompared[static_cast<size_t>(why)].value();
  }
  shadow::Budget& budget() { return limits->bytes; }
  uint64_t charged() { return budget().used(); }

  Collector collector;
  World world;
  std::shared_ptr<shadow::ShadowLimits> limits = world.limits.by_shadow.get("candidate");
  Backend* primary;
  std::shared_ptr<routing::ShadowPolicy> controlled;  // of the control; null: there is none
};

void get(World& world, Client& client) {
  client.send("GET /a HTTP/1.1\r\nHost: sim.test\r\n\r\n");
  world.settle();
}

TEST(Pairing, brings_the_live_answer_and_the_candidates_together) {
  ComparedRoute setup(false);
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  Client client(setup.world);
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const Trio& trio = *setup.collector.trios[0];
  EXPECT_EQ(trio.request.path, "/a");
  EXPECT_FALSE(trio.has_control);
  for (const Leg leg : {Leg::live, Leg::candidate}) {
    EXPECT_EQ(trio.of(leg).outcome, Outcome::answered);
    EXPECT_EQ(trio.of(leg).status, 200);
    EXPECT_EQ(body_of(trio.of(leg)), "GET /a 0");
    EXPECT_EQ(trio.of(leg).headers.get("date"), "Sun, 22 Nov 2026 00:00:00 GMT");
  }
  // What the gateway adds for the client is no part of what is compared.
  EXPECT_EQ(trio.of(Leg::live).headers.find("x-envoy-upstream-service-time"), nullptr);
  EXPECT_EQ(setup.world.shadow_stats("candidate").compared.value(), 1u);
  EXPECT_GT(setup.charged(), 0u);
  setup.collector.trios.clear();
  EXPECT_EQ(setup.charged(), 0u);
}

TEST(Pairing, sends_the_control_to_the_primarys_upstream_as_a_marked_copy) {
  ComparedRoute setup(true);
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  Client client(setup.world);
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const Trio& trio = *setup.collector.trios[0];
  EXPECT_TRUE(trio.has_control);
  EXPECT_EQ(body_of(trio.of(Leg::control)), "GET /a 0");
  ASSERT_EQ(setup.primary->requests().size(), 2u);
  const auto copies = std::ranges::count_if(setup.primary->requests(), [](const auto& request) {
    return request.find("sim.test-shadow") != std::string::npos &&
           request.find("x-gnomon-shadow: true") != std::string::npos;
  });
  EXPECT_EQ(copies, 1);
}

// Which of two copies comes first must tell nothing about which it is.
TEST(Pairing, begins_candidate_and_control_in_random_order) {
  int control_first = 0;
  constexpr int kRuns = 40;
  for (int seed = 1; seed <= kRuns; ++seed) {
    ComparedRoute setup(true, static_cast<uint64_t>(seed));
    setup.world.add_backend(shadow_address(), Behaviour::echo);
    Client client(setup.world);
    get(setup.world, client);
    const std::vector<net::Address>& order = setup.world.served;
    ASSERT_EQ(order.size(), 3u);
    control_first += order.back() == shadow_address() ? 1 : 0;
  }
  // Five standard deviations around a half.
  EXPECT_GT(control_first, 4);
  EXPECT_LT(control_first, kRuns - 4);
}

TEST(Pairing, tells_how_the_first_attempt_ended_where_the_live_request_was_sent_again) {
  ComparedRoute setup(false, 1, 1000,
                      {.on = routing::kRetry5xx, .count = 3, .per_try_timeout = Millis(100)});
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  setup.primary->behave(Behaviour::hung);
  Client client(setup.world);
  get(setup.world, client);
  setup.primary->behave(Behaviour::reset_at_once);
  setup.world.advance(Millis(130));
  setup.primary->behave(Behaviour::echo);
  setup.world.advance(seconds(1));
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const Trio& trio = *setup.collector.trios[0];
  EXPECT_EQ(trio.of(Leg::live).status, 200);
  EXPECT_EQ(body_of(trio.of(Leg::live)), "GET /a 0");
  ASSERT_TRUE(trio.first_attempt.has_value());
  EXPECT_EQ(trio.first_attempt->outcome, Outcome::timed_out);
  // The next request's is another one.
  setup.collector.trios.clear();
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  EXPECT_FALSE(setup.collector.trios[0]->first_attempt.has_value());
}

class CandidateFault : public testing::TestWithParam<Behaviour> {};

TEST_P(CandidateFault, is_an_outcome_and_never_a_gap) {
  ComparedRoute setup(true);
  setup.world.add_backend(shadow_address(), GetParam());
  Client client(setup.world);
  get(setup.world, client);
  setup.world.advance(seconds(60));
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const Trio& trio = *setup.collector.trios[0];
  EXPECT_EQ(trio.of(Leg::live).outcome, Outcome::answered);
  EXPECT_EQ(trio.of(Leg::control).outcome, Outcome::answered);
  EXPECT_NE(trio.of(Leg::candidate).outcome, Outcome::cut);
  const bool answers = GetParam() == Behaviour::two_answers ||
                       GetParam() == Behaviour::early_answer ||
                       GetParam() == Behaviour::reset_mid_body;
  if (!answers) EXPECT_NE(trio.of(Leg::candidate).outcome, Outcome::answered);
}

INSTANTIATE_TEST_SUITE_P(Every, CandidateFault, testing::ValuesIn(kFaults),
                         [](const auto& fault) { return name_of(fault.param); });

TEST(Pairing, a_candidate_that_nobody_can_connect_to_is_an_outcome) {
  ComparedRoute setup(false);
  Client client(setup.world);
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const compare::Answer& candidate = setup.collector.trios[0]->of(Leg::candidate);
  EXPECT_EQ(candidate.outcome, Outcome::error);
  EXPECT_EQ(candidate.error, Errc::connect_failed);
}

// Ten requests a second, whose copies nobody takes, and a control for one in a hundred thousand:
// seconds until it is proven that the candidate fails more often, or `most`.
int seconds_until_dead(ComparedRoute& setup, int most) {
  const verdict::Settings settings;
  verdict::Judge judge(settings);
  verdict::Counters counters = verdict::counters_for(settings);
  Client client(setup.world);
  for (int tenths = 0; tenths < most * 10; ++tenths) {
    get(setup.world, client);
    setup.world.advance(std::chrono::milliseconds(100));
    for (const auto& trio : setup.collector.trios) {
      verdict::Observation seen;
      seen.candidate.ok = trio->of(Leg::candidate).outcome == Outcome::answered;
      if (trio->has_control) seen.control = verdict::LegResult{"answered"};
      counters.add(seen);
    }
    setup.collector.trios.clear();
    if (judge.rule(counters, seconds(tenths / 10)) == verdict::Ruling::fail) return tenths / 10;
  }
  return most;
}

TEST(Pairing, a_probe_of_the_breaker_has_a_control_so_that_a_dead_candidate_fails_soon) {
  ComparedRoute setup(true);
  setup.controlled->per_million = 10;
  // Of its probes, after 1, 3, 7, 15, 31 and 61 seconds and each half minute from there, eleven are
  // enough.
  EXPECT_LT(seconds_until_dead(setup, 1000), 250);
}

TEST(Pairing, a_control_that_is_switched_off_stays_so_beside_probes) {
  ComparedRoute setup(true);
  setup.controlled->per_million = 0;
  EXPECT_EQ(seconds_until_dead(setup, 100), 100);
  EXPECT_EQ(setup.world.shadow_stats("candidate.control").copied.value(), 0u);
}

TEST(Pairing, a_control_beside_a_probe_keeps_to_its_limits) {
  ComparedRoute setup(true);
  setup.controlled->per_million = 10;
  setup.controlled->in_flight_max = 0;
  EXPECT_EQ(seconds_until_dead(setup, 100), 100);
  const shadow::ShadowStats& control = setup.world.shadow_stats("candidate.control");
  EXPECT_EQ(control.copied.value(), 0u);
  EXPECT_GT(control.dropped[static_cast<size_t>(shadow::Reason::budget_inflight)].value(), 3u);
}

TEST(Pairing, a_live_answer_that_fails_is_an_outcome_as_well) {
  ComparedRoute setup(false);
  setup.primary->behave(Behaviour::garbage);
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  Client client(setup.world);
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const Trio& trio = *setup.collector.trios[0];
  EXPECT_EQ(trio.of(Leg::live).outcome, Outcome::error);
  EXPECT_EQ(trio.of(Leg::live).error, Errc::protocol);
  EXPECT_EQ(trio.of(Leg::candidate).outcome, Outcome::answered);
}

TEST(Pairing, a_client_that_leaves_is_no_evidence) {
  ComparedRoute setup(false);
  setup.primary->behave(Behaviour::hung);
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  Client client(setup.world);
  get(setup.world, client);
  client.reset();
  setup.world.advance(seconds(60));
  EXPECT_TRUE(setup.collector.trios.empty());
  EXPECT_EQ(setup.uncompared(Uncompared::client_gone), 1u);
  ASSERT_EQ(setup.collector.passed_over.size(), 1u);
  EXPECT_EQ(setup.collector.passed_over[0]->request.path, "/a");
  setup.collector.passed_over.clear();
  EXPECT_EQ(setup.charged(), 0u);
}

TEST(Pairing, a_full_queue_loses_the_comparison_and_nothing_else) {
  ComparedRoute setup(false);
  setup.collector.full = true;
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  Client client(setup.world);
  get(setup.world, client);
  EXPECT_NE(client.received().find("200 OK"), std::string::npos);
  EXPECT_EQ(setup.uncompared(Uncompared::queue_full), 1u);
  EXPECT_EQ(setup.world.shadow_stats("candidate").answered.total(), 1u);
  EXPECT_EQ(setup.charged(), 0u);
}

TEST(Pairing, over_the_byte_budget_answers_are_let_go_and_the_copy_goes_on) {
  ComparedRoute setup(false);
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  Client client(setup.world);
  // Kept answers fill the budget, until the next finds no room.
  for (int i = 0; i < 100; ++i) get(setup.world, client);
  const uint64_t lost = setup.uncompared(Uncompared::budget_bytes);
  EXPECT_GT(lost, 0u);
  EXPECT_LE(setup.charged(), kBudget);
  EXPECT_EQ(setup.collector.trios.size() + lost +
                setup.world.shadow_stats("candidate").dropped[0].value() +
                setup.world.shadow_stats("candidate")
                    .failed[static_cast<size_t>(shadow::Reason::budget_bytes)]
                    .value(),
            100u);
  setup.collector.trios.clear();
  setup.collector.passed_over.clear();
  EXPECT_EQ(setup.charged(), 0u);
}

// Of heads alone.
constexpr uint64_t kHeadsOnly = sizeof(Trio) + uint64_t{5} * Block::kSmall;

void expect_shed(const compare::CapturedBody& body, uint64_t length) {
  EXPECT_EQ(body.length, length);
  EXPECT_TRUE(body.shed && body.chunks.empty() && body.captured == 0);
  EXPECT_TRUE(body.digest.has_value());
}

// A wrong answer that is large must not drop out for its size.
TEST(Pairing, bodies_that_find_no_room_are_compared_by_digest) {
  ComparedRoute setup(true, 1, 1 << 20);
  setup.world.add_backend(shadow_address(), Behaviour::large);
  ASSERT_TRUE(setup.budget().take(kBudget / 2, kBudget));
  Client client(setup.world);
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const Trio& trio = *setup.collector.trios[0];
  expect_shed(trio.of(Leg::live).body, 8);
  expect_shed(trio.of(Leg::control).body, 8);
  expect_shed(trio.of(Leg::candidate).body, kLargeBytes);
  EXPECT_EQ(trio.of(Leg::live).body.digest, compare::digest_of("GET /a 0"));
  // What is compared beside them is as it was.
  EXPECT_EQ(trio.request.path, "/a");
  EXPECT_EQ(trio.of(Leg::live).headers.get("date"), "Sun, 22 Nov 2026 00:00:00 GMT");
  EXPECT_EQ(trio.of(Leg::control).headers.get("date"), "Sun, 22 Nov 2026 00:00:00 GMT");
  EXPECT_EQ(setup.world.shadow_stats("candidate").shed.value(), 1u);
  EXPECT_LE(setup.charged(), kBudget / 2 + kHeadsOnly);
  EXPECT_EQ(trio.charged, setup.charged() - kBudget / 2);
  setup.collector.trios.clear();
  EXPECT_EQ(setup.charged(), kBudget / 2);
}

// The live answer comes over its time, and what passes is let go of at the end of each turn.
TEST(Pairing, a_live_body_that_finds_no_room_is_hashed_as_it_passes) {
  ComparedRoute setup(false, 1, 1 << 20);
  setup.primary->behave(Behaviour::large);
  setup.world.add_backend(shadow_address(), Behaviour::large);
  setup.budget().take(kBudget / 2, kBudget);
  Client client(setup.world);
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const Trio& trio = *setup.collector.trios[0];
  expect_shed(trio.of(Leg::live).body, kLargeBytes);
  EXPECT_EQ(trio.of(Leg::live).body.digest, trio.of(Leg::candidate).body.digest);
  EXPECT_NE(client.received().find("200 OK"), std::string::npos);
  EXPECT_LE(setup.charged(), kBudget / 2 + kHeadsOnly);
}

TEST(Pairing, without_room_for_heads_no_comparison_is_begun) {
  ComparedRoute setup(true);
  setup.world.add_backend(shadow_address(), Behaviour::hung);
  // Bodies leave that much to those that are to begin.
  setup.budget().take(kBudget - kBudget / 4 - 4096, kBudget);
  Client client(setup.world);
  get(setup.world, client);
  EXPECT_NE(client.received().find("200 OK"), std::string::npos);
  EXPECT_EQ(setup.uncompared(Uncompared::budget_bytes), 1u);
  EXPECT_EQ(setup.world.shadow_stats("candidate").copied.value(), 1u);
  EXPECT_EQ(setup.world.shadow_stats("candidate.control").copied.value(), 0u);
}

TEST(Pairing, a_comparison_that_has_begun_needs_no_more_for_answers_of_usual_size) {
  ComparedRoute setup(true);
  setup.world.add_backend(shadow_address(), Behaviour::echo);
  Client client(setup.world);
  get(setup.world, client);  // copies have connections that they need not pay for
  setup.collector.trios.clear();
  ASSERT_EQ(setup.charged(), 0u);
  client.send("GET /a HTTP/1.1\r\nHost: sim.test\r\n\r\n");
  while (setup.charged() == 0) setup.world.loop.run_once(Duration::zero());
  setup.budget().take(kBudget - setup.charged(), kBudget);
  setup.world.settle();
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  EXPECT_EQ(body_of(setup.collector.trios[0]->of(Leg::control)), "GET /a 0");
}

// What is kept of a slow answer is copied out of the blocks it was read into, and paid for, long
// before it is complete.
TEST(Pairing, an_answer_that_takes_its_time_is_paid_for_as_it_comes) {
  ComparedRoute setup(false);
  setup.primary->behave(Behaviour::half);
  setup.world.add_backend(shadow_address(), Behaviour::hung);
  Client client(setup.world);
  get(setup.world, client);
  EXPECT_NE(client.received().find("half"), std::string::npos);
  EXPECT_GT(setup.charged(), sizeof(Trio));
}

TEST(Pairing, a_body_above_the_limit_is_kept_by_its_beginning_and_digest) {
  ComparedRoute setup(false);
  setup.world.add_backend(shadow_address(), Behaviour::large);
  setup.primary->behave(Behaviour::large);
  Client client(setup.world);
  get(setup.world, client);
  ASSERT_EQ(setup.collector.trios.size(), 1u);
  const compare::CapturedBody& live = setup.collector.trios[0]->of(Leg::live).body;
  const compare::CapturedBody& candidate = setup.collector.trios[0]->of(Leg::candidate).body;
  EXPECT_EQ(live.length, kLargeBytes);
  EXPECT_EQ(live.captured, 1000u);
  ASSERT_TRUE(live.digest.has_value());
  EXPECT_EQ(live.digest, candidate.digest);
}

}  // namespace
}  // namespace gnomon::sim
