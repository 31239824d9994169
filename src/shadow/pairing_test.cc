#include "shadow/pairing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compare/body_capture.h"
#include "net/memory.h"
#include "routing/trial.h"

namespace gnomon::shadow {
namespace {

constexpr uint64_t kBudget = uint64_t{256} << 10;
constexpr uint64_t kClient = 77;
// Of heads alone.
constexpr uint64_t kHeadsOnly = sizeof(Trio) + uint64_t{5} * Block::kSmall;

class Collector final : public TrioSink {
 public:
  bool take(std::unique_ptr<Trio> trio) noexcept override {
    (trio->passed_over ? passed_over : trios).push_back(std::move(trio));
    return true;
  }
  std::vector<std::unique_ptr<Trio>> trios;
  std::vector<std::unique_ptr<Trio>> passed_over;
};

// A piece of what was read, beside much else.
Chunk piece(size_t size, char letter = 'x') {
  BlockRef block = Block::allocate(Block::kStandard - sizeof(Block));
  std::fill_n(block->data(), size, letter);
  return {block, block->data(), size};
}

ResponseHead head(size_t bytes = 10) {
  ResponseHead out;
  out.status = 200;
  out.headers.add("x-filler", std::string(bytes, 'h'));
  return out;
}

class PairingTest : public testing::Test {
 protected:
  PairingTest() {
    auto trial = std::make_shared<routing::Trial>();
    policy.trial = trial;
    policy.buffer_bytes_max = kBudget;
    request.headers.add("accept", "anything");
    request.path = "/a";
  }

  std::shared_ptr<Pairing> begin() {
    auto pairing = std::make_shared<Pairing>(context, policy);
    pairing->expect_control();
    return pairing->reserve(request, kClient) ? pairing : nullptr;
  }
  void turn() { loop.run_once(Duration::zero()); }
  uint64_t used() { return limits->bytes.used(); }
  uint64_t fill(uint64_t up_to) {
    const uint64_t more = up_to - used();
    EXPECT_TRUE(limits->bytes.take(more, kBudget));
    return more;
  }
  uint64_t uncompared() {
    return stats->uncompared[static_cast<size_t>(Uncompared::budget_bytes)].value();
  }
  // Ends the legs that are still open.
  const Trio* end(Pairing& pairing) {
    pairing.live_end({});
    turn();
    for (const Leg leg : {Leg::candidate, Leg::control}) pairing.on_end(leg, {});
    return collector.trios.empty() ? nullptr : collector.trios.back().get();
  }

  ManualClock clock;
  net::VirtualPoller poller{clock};
  net::EventLoop loop{clock, poller};
  Collector collector;
  std::shared_ptr<TrioShelf> shelf = std::make_shared<TrioShelf>();
  std::shared_ptr<ShadowStats> stats = std::make_shared<ShadowStats>();
  std::shared_ptr<ShadowLimits> limits = std::make_shared<ShadowLimits>();
  PassedOver passed_over{loop, &collector};
  Pairing::Context context{loop, collector, *shelf, passed_over, stats, limits};
  routing::ShadowPolicy policy;
  RequestHead request;
};

TEST_F(PairingTest, lets_go_of_the_bodies_of_all_legs_and_keeps_heads) {
  const auto pairing = begin();
  pairing->live_head(head());
  pairing->live_body(piece(3000, 'l'));
  turn();
  pairing->on_head(Leg::candidate, head());
  pairing->on_head(Leg::control, head());
  pairing->on_body(Leg::control, piece(3000, 'c'));
  EXPECT_GT(used(), kHeadsOnly);
  const uint64_t others = fill(kBudget / 2);
  for (int i = 0; i < 20; ++i) pairing->on_body(Leg::candidate, piece(10'000));
  pairing->live_body(piece(10, 'l'));
  turn();
  EXPECT_LE(used() - others, kHeadsOnly);
  const Trio* const trio = end(*pairing);
  ASSERT_NE(trio, nullptr);
  EXPECT_EQ(trio->charged, used() - others);
  for (const Leg leg : {Leg::live, Leg::candidate, Leg::control}) {
    EXPECT_TRUE(trio->of(leg).body.shed && trio->of(leg).body.chunks.empty());
    EXPECT_EQ(trio->of(leg).headers.get("x-filler"), "hhhhhhhhhh");
  }
  EXPECT_EQ(trio->request.headers.get("accept"), "anything");
  EXPECT_EQ(trio->request.path, "/a");
  EXPECT_EQ(trio->of(Leg::live).body.digest, compare::digest_of(std::string(3010, 'l')));
  EXPECT_EQ(trio->of(Leg::candidate).body.digest, compare::digest_of(std::string(200'000, 'x')));
  EXPECT_EQ(stats->shed.value(), 1u);
  EXPECT_EQ(stats->compared.value(), 1u);
}

TEST_F(PairingTest, has_room_for_usual_heads_before_any_answer_is_seen) {
  const auto pairing = begin();
  fill(kBudget);
  for (const Leg leg : {Leg::candidate, Leg::control}) pairing->on_head(leg, head(900));
  pairing->live_head(head(900));
  turn();
  EXPECT_NE(end(*pairing), nullptr);
  EXPECT_EQ(uncompared(), 0u);
}

// Not before bodies have made room.
TEST_F(PairingTest, gives_up_by_heads_that_are_larger_than_all_that_is_left) {
  const auto pairing = begin();
  pairing->on_head(Leg::candidate, head());
  pairing->on_body(Leg::candidate, piece(10'000));
  const uint64_t others = fill(kBudget);
  pairing->on_head(Leg::control, head(9000));
  EXPECT_EQ(uncompared(), 0u);
  EXPECT_TRUE(limits->bytes.take(kBudget - used(), kBudget));
  pairing->live_head(head(60'000));
  turn();
  EXPECT_EQ(uncompared(), 1u);
  EXPECT_EQ(end(*pairing), nullptr);
  EXPECT_LT(used(), kBudget);
  EXPECT_GE(used(), others);
}

// To hash what bodies have takes time, which the live path has none of.
TEST_F(PairingTest, lets_bodies_go_for_a_live_head_at_the_end_of_the_turn) {
  const auto pairing = begin();
  pairing->on_head(Leg::candidate, head());
  for (int i = 0; i < 10; ++i) pairing->on_body(Leg::candidate, piece(10'000));
  const uint64_t others = fill(kBudget);
  pairing->live_head(head(9000));
  EXPECT_EQ(used(), kBudget);
  turn();
  EXPECT_LT(used(), kBudget - 90'000);
  const Trio* const trio = end(*pairing);
  ASSERT_NE(trio, nullptr);
  EXPECT_EQ(trio->of(Leg::live).headers.get("x-filler").size(), 9000u);
  EXPECT_TRUE(trio->of(Leg::candidate).body.shed);
  EXPECT_EQ(trio->charged, used() - others);
}

TEST_F(PairingTest, lets_a_small_live_body_go_at_the_end_of_the_turn) {
  fill(kBudget / 2);
  const auto pairing = begin();
  pairing->live_head(head(13'000));  // leaves little of what was charged
  const uint64_t before = used();
  pairing->live_body(piece(4000, 'l'));
  pairing->live_end({});
  EXPECT_EQ(used(), before);
  EXPECT_EQ(stats->shed.value(), 0u);
  turn();
  for (const Leg leg : {Leg::candidate, Leg::control}) pairing->on_end(leg, {});
  EXPECT_EQ(stats->shed.value(), 1u);
  ASSERT_EQ(collector.trios.size(), 1u);
  const Trio& trio = *collector.trios[0];
  EXPECT_TRUE(trio.of(Leg::live).body.shed);
  EXPECT_EQ(trio.of(Leg::live).body.digest, compare::digest_of(std::string(4000, 'l')));
  EXPECT_EQ(trio.charged, used() - kBudget / 2);
}

// The live body's are used for the others, as long as they are the same; by digest all are alone.
TEST_F(PairingTest, lets_go_of_bodies_that_share_their_bytes) {
  const auto pairing = begin();
  pairing->live_body(piece(3000));
  for (const Leg leg : {Leg::candidate, Leg::control}) pairing->on_body(leg, piece(2000));
  fill(kBudget / 2);
  for (int i = 0; i < 10; ++i) pairing->on_body(Leg::control, piece(10'000));
  pairing->on_body(Leg::candidate, piece(1000));
  const Trio* const trio = end(*pairing);
  ASSERT_NE(trio, nullptr);
  for (const Leg leg : {Leg::live, Leg::candidate}) {
    EXPECT_TRUE(trio->of(leg).body.shed);
    EXPECT_EQ(trio->of(leg).body.digest, compare::digest_of(std::string(3000, 'x')));
  }
  EXPECT_EQ(trio->of(Leg::control).body.digest, compare::digest_of(std::string(102'000, 'x')));
}

TEST_F(PairingTest, begins_nothing_where_bodies_have_left_no_room) {
  fill(kBudget - kBudget / 4);
  EXPECT_EQ(begin(), nullptr);
  EXPECT_EQ(uncompared(), 1u);
  turn();
  ASSERT_EQ(collector.passed_over.size(), 1u);
  EXPECT_EQ(collector.passed_over[0]->request.path, "/a");
  collector.passed_over.clear();
  EXPECT_EQ(used(), kBudget - kBudget / 4);
}

TEST_F(PairingTest, tells_what_was_asked_for_where_nothing_is_compared) {
  request.path = "/a?secret";
  request.method_name = "POST";
  request.headers.add("content-type", "application/grpc");
  for (const bool answered : {false, true}) {
    const auto pairing = begin();
    clock.advance(std::chrono::seconds(1));
    if (answered) pairing->live_head(head());
    if (answered) turn();
    pairing->on_head(Leg::candidate, head());
    pairing->on_failed(Leg::candidate, Reason::pipeline);
    turn();
    ASSERT_EQ(collector.passed_over.size(), 1u);
    const Trio& trio = *collector.passed_over[0];
    EXPECT_EQ(trio.request.path, "/a");
    EXPECT_EQ(trio.request.method_name, "POST");
    EXPECT_EQ(trio.request.headers.get("content-type"), "application/grpc");
    EXPECT_EQ(trio.request.headers.size(), 1u);
    EXPECT_EQ(trio.trial, policy.trial);
    EXPECT_EQ(trio.taken, clock.now() - std::chrono::seconds(1));
    EXPECT_EQ(trio.of(Leg::live).status, answered ? 200 : 0);
    EXPECT_TRUE(trio.of(Leg::candidate).headers.empty());
    EXPECT_EQ(trio.charged, used());
    EXPECT_LE(used(), sizeof(Trio) + 2 * Block::kSmall);
    collector.passed_over.clear();
    EXPECT_EQ(used(), 0u);
  }
  EXPECT_TRUE(collector.trios.empty());
}

TEST_F(PairingTest, tells_nothing_where_there_is_no_room_for_it_and_at_the_end) {
  fill(kBudget);
  EXPECT_EQ(begin(), nullptr);
  limits->bytes.give_back(kBudget / 2);
  auto pairing = begin();
  pairing->on_failed(Leg::candidate, Reason::shutdown);
  pairing = begin();
  pairing = nullptr;
  turn();
  EXPECT_TRUE(collector.passed_over.empty());
  EXPECT_EQ(uncompared(), 1u);
  EXPECT_EQ(stats->uncompared[static_cast<size_t>(Uncompared::cut)].value(), 2u);
}

TEST_F(PairingTest, keeps_no_more_of_a_path_than_names_an_endpoint) {
  const std::string path = "/" + std::string(100'000, 'p');
  request.path = path;
  const auto pairing = begin();
  pairing->on_failed(Leg::candidate, Reason::budget_bytes);
  turn();
  ASSERT_EQ(collector.passed_over.size(), 1u);
  EXPECT_EQ(collector.passed_over[0]->request.path.size(), 2048u);
}

// What passes is charged until the end of the turn, and no longer.
TEST_F(PairingTest, charges_what_passes_of_a_live_body_while_it_is_held) {
  const auto pairing = begin();
  const uint64_t others = fill(kBudget - kBudget / 8);
  pairing->live_body(piece(10'000));
  pairing->on_body(Leg::candidate, piece(10'000));
  EXPECT_GE(used() - others, sizeof(Trio) + 10'000 + (8 << 10));
  for (int i = 0; i < 30; ++i) {
    const uint64_t before = used();
    pairing->live_body(piece(10'000));
    EXPECT_GE(used(), std::min(before, others + 10'000));
    turn();
    EXPECT_LE(used() - others, kHeadsOnly + (4 << 10));
  }
  ASSERT_NE(end(*pairing), nullptr);
  EXPECT_EQ(uncompared(), 0u);
}

TEST_F(PairingTest, holds_no_more_of_a_live_body_than_is_left) {
  const auto pairing = begin();
  fill(kBudget - 20'000);
  const Chunk held = piece(10'000);
  for (int i = 0; i < 3; ++i) pairing->live_body(held);
  EXPECT_EQ(uncompared(), 1u);
  EXPECT_TRUE(held.block()->unique());
  turn();
  EXPECT_EQ(end(*pairing), nullptr);
}

}  // namespace
}  // namespace gnomon::shadow
