#include "selfcheck/crowd.h"

#include <gtest/gtest.h>

#include "http/virtual_world.h"
#include "selfcheck/backend.h"

namespace gnomon::selfcheck {
namespace {

constexpr uint64_t kStock = 3;

// Clients and a service that face each other, with no gateway between them.
class CrowdTest : public ::testing::Test, protected http::VirtualWorld {
 protected:
  std::unique_ptr<Backend> open(Fault fault, Ledger* told) {
    auto backend = std::make_unique<Backend>(
        wiring, Backend::Role{.stock = kStock, .noise = 1, .fault = fault, .ledger = told});
    EXPECT_TRUE(backend->open(at));
    return backend;
  }
  void stop() {
    crowd.stop([this] { ++quiet; });
    settle();
  }

  Wiring wiring{loop, network, read_buffer};
  const net::Address at = *net::Address::parse("10.0.0.1", 80);
  Ledger ledger;
  Crowd crowd{wiring, at, "x", 1, ledger};
  int quiet = 0;
};

TEST_F(CrowdTest, asks_as_often_as_it_may_and_finds_nothing_wrong) {
  const auto backend = open(Fault::none, &ledger);
  crowd.allow(100);
  settle();
  EXPECT_EQ(crowd.sent(), 100u);
  crowd.allow(50);
  settle();
  EXPECT_EQ(crowd.sent(), 100u);
  crowd.allow(250);
  settle();
  settle();
  stop();
  EXPECT_EQ(quiet, 1);
  EXPECT_EQ(backend->live_requests(), 250u);
  EXPECT_EQ(backend->copies(), 0u);
  EXPECT_EQ(crowd.wrong(), 0u) << crowd.first_wrong();
}

TEST_F(CrowdTest, sees_answers_that_are_not_the_primary_s) {
  const auto backend = open(Fault::none, nullptr);
  crowd.allow(20);
  settle();
  stop();
  EXPECT_EQ(crowd.wrong(), 20u);
  EXPECT_EQ(crowd.first_wrong(), "another body");
}

TEST_F(CrowdTest, sees_errors_and_answers_that_end_early) {
  auto backend = open(Fault::server_error, &ledger);
  crowd.allow(200);
  settle();
  const uint64_t errors = crowd.wrong();
  EXPECT_GT(errors, 0u);
  EXPECT_EQ(crowd.first_wrong(), "status 500");
  settle();
  backend.reset();
  backend = open(Fault::cut_short, &ledger);
  crowd.allow(400);
  advance(std::chrono::seconds(1));
  stop();
  EXPECT_EQ(crowd.sent(), 400u);
  EXPECT_GT(crowd.wrong(), errors);
  EXPECT_EQ(quiet, 1);
}

TEST_F(CrowdTest, is_quiet_only_when_the_last_one_is_answered) {
  const auto backend = open(Fault::slow, &ledger);
  crowd.allow(8);
  settle();
  stop();
  EXPECT_EQ(quiet, 0);
  advance(Millis(60));
  EXPECT_EQ(quiet, 1);
  EXPECT_EQ(crowd.wrong(), 0u) << crowd.first_wrong();
}

TEST_F(CrowdTest, sees_that_nobody_answers_at_all) {
  crowd.allow(3);
  settle();
  EXPECT_EQ(crowd.wrong(), 3u);
  EXPECT_EQ(crowd.first_wrong(), "no answer: connect_refused");
}

}  // namespace
}  // namespace gnomon::selfcheck
