// Copies that share connections of HTTP/1: what one of them meets with is accounted for, and
// reaches neither the client nor the primary.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "routing/trial.h"
#include "world.h"

namespace gnomon::sim {
namespace {

using shadow::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kDepth = 8;

struct PipelinedRoute {
  explicit PipelinedRoute(Behaviour behaviour, uint64_t seed = 1, shadow::TrioSink* trios = nullptr,
                          bool control = false)
      : world(seed, trios) {
    auto snapshot = std::make_shared<OneRouteSnapshot>();
    routing::ShadowPolicy& policy = snapshot->add_shadow("shadow", shadow_address());
    policy.timeout = seconds(5);
    policy.pipelining = kDepth;
    if (trios != nullptr) policy.trial = std::make_shared<routing::Trial>();
    if (control) {
      auto second = std::make_shared<routing::ShadowPolicy>(policy);
      second->name = "shadow.control";
      second->cluster = routing::kNoCluster;
      policy.control = second;
      snapshot->share_primary();
    }
    primary = &world.add_backend(primary_address(), Behaviour::echo);
    shadow = &world.add_backend(shadow_address(), behaviour);
    world.serve(snapshot);
  }
  // As many at once, each on a connection of its own.
  void get(size_t count) {
    while (clients.size() < count) clients.push_back(std::make_unique<Client>(world));
    for (size_t i = 0; i < count; ++i) {
      clients[i]->send(fmt::format("GET /{} HTTP/1.1\r\nHost: sim.test\r\n\r\n", asked++));
    }
    world.settle();
  }
  shadow::ShadowStats& stats() { return world.shadow_stats("shadow"); }
  uint64_t failed(Reason reason) { return stats().failed[static_cast<size_t>(reason)].value(); }
  uint64_t all_failed() {
    uint64_t sum = 0;
    for (const Counter& counter : stats().failed) sum += counter.value();
    return sum;
  }
  void expect_accounted() {
    EXPECT_EQ(stats().copied.value(), stats().answered.total() + all_failed());
    EXPECT_EQ(stats().in_flight.value(), 0);
    EXPECT_EQ(stats().buffered_bytes.value(), 0);
    for (const auto& client : clients) {
      EXPECT_EQ(client->received().find("EVIL"), std::string::npos);
    }
  }

  World world;
  Backend* primary;
  Backend* shadow;
  std::vector<std::unique_ptr<Client>> clients;
  int asked = 0;
};

TEST(Pipelining, copies_share_a_connection_and_live_requests_do_not) {
  PipelinedRoute setup(Behaviour::echo);
  setup.get(1);
  setup.get(kDepth);
  setup.get(kDepth);
  EXPECT_EQ(setup.stats().answered.total(), 2 * kDepth + 1);
  EXPECT_EQ(setup.shadow->requests().size(), 2 * kDepth + 1);
  EXPECT_EQ(setup.shadow->connections(), 1u);
  EXPECT_EQ(setup.primary->connections(), kDepth);
  setup.expect_accounted();
}

// Live requests, and their control's, go to one address: only the control's are pipelined.
TEST(Pipelining, a_control_is_pipelined_and_the_live_requests_beside_it_are_not) {
  struct Sink final : shadow::TrioSink {
    bool take(std::unique_ptr<shadow::Trio> trio) noexcept override {
      compared += trio->has_control ? 1 : 0;
      return true;
    }
    int compared = 0;
  } sink;
  PipelinedRoute setup(Behaviour::echo, 1, &sink, true);
  setup.get(1);
  setup.get(kDepth);
  EXPECT_EQ(sink.compared, static_cast<int>(kDepth) + 1);
  EXPECT_EQ(setup.primary->connections(), kDepth + 1);
  EXPECT_EQ(setup.shadow->connections(), 1u);
}

TEST(Pipelining, behind_a_copy_that_is_not_answered_others_are_late_on_its_account) {
  PipelinedRoute setup(Behaviour::stalls_at_the_second);
  setup.get(1);
  setup.get(kDepth);
  setup.world.advance(seconds(6));
  EXPECT_EQ(setup.stats().answered.total(), 1u);
  EXPECT_EQ(setup.failed(Reason::timeout), 1u);
  EXPECT_EQ(setup.failed(Reason::pipeline), kDepth - 1);
  setup.expect_accounted();
}

TEST(Pipelining, a_slow_answer_gets_no_copy_behind_it_after_a_second) {
  PipelinedRoute setup(Behaviour::stalls_at_the_second);
  setup.get(1);
  setup.get(1);
  setup.world.advance(milliseconds(1500));
  setup.get(1);
  EXPECT_EQ(setup.shadow->connections(), 2u);
  EXPECT_EQ(setup.stats().answered.total(), 2u);
}

TEST(Pipelining, those_behind_an_answer_that_closes_are_lost_and_not_sent_again) {
  PipelinedRoute setup(Behaviour::closes_after_the_second);
  setup.get(1);
  setup.get(kDepth);
  setup.world.advance(seconds(1));
  EXPECT_EQ(setup.stats().answered.total(), 2u);
  EXPECT_EQ(setup.failed(Reason::pipeline), kDepth - 1);
  EXPECT_EQ(setup.shadow->connections(), 1u);
  EXPECT_LE(setup.shadow->requests().size(), kDepth + 1);
  setup.expect_accounted();
}

// Random closes, at any byte of an answer; requests with and without bodies, whole and in pieces.
TEST(Pipelining, every_copy_has_one_outcome_however_the_shadow_closes) {
  uint64_t answered = 0;
  uint64_t lost_aside = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    PipelinedRoute setup(Behaviour::closes_at_random, seed);
    Rng random(seed * 31);
    for (int i = 0; i < 6; ++i) setup.clients.push_back(std::make_unique<Client>(setup.world));
    size_t sent = 0;
    for (int round = 0; round < 60; ++round) {
      for (const auto& client : setup.clients) {
        if (random.below(3) == 0) continue;
        const std::string body(random.below(8) == 0 ? random.below(200'000) : random.below(2'000),
                               'b');
        std::string request =
            fmt::format("POST /{} HTTP/1.1\r\nHost: sim.test\r\nContent-Length: {}\r\n\r\n{}",
                        sent++, body.size(), body);
        const size_t cut = random.below(static_cast<uint32_t>(request.size()));
        client->send(request.substr(0, cut));
        setup.world.loop.run_once(Duration::zero());
        client->send(request.substr(cut));
      }
      if (random.below(4) == 0) setup.world.advance(milliseconds(random.below(20)));
      if (random.below(30) == 0) setup.clients[random.below(6)]->reset();
      for (auto& client : setup.clients) {
        if (client->closed()) client = std::make_unique<Client>(setup.world);
      }
    }
    setup.world.advance(seconds(30));
    setup.expect_accounted();
    answered += setup.stats().answered.total();
    lost_aside += setup.failed(Reason::pipeline);
  }
  EXPECT_GT(answered, 1000u);
  EXPECT_GT(lost_aside, 20u);
}

}  // namespace
}  // namespace gnomon::sim
