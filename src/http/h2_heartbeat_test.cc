#include "http/h2_heartbeat.h"

#include <gtest/gtest.h>

namespace gnomon::http {
namespace {

using std::chrono::seconds;
using Verdict = H2Heartbeat::Verdict;

constexpr H2HeartbeatRules kRules{
    .quiet = seconds(15), .answer = seconds(30), .again = seconds(310)};

class H2HeartbeatTest : public testing::Test {
 protected:
  Verdict after(seconds passed) {
    now += passed;
    return heartbeat.check(now, next);
  }
  H2Heartbeat heartbeat{kRules};
  TimePoint now{seconds(1000)};
  TimePoint next;
};

TEST_F(H2HeartbeatTest, asks_a_silent_peer_and_gives_it_up_when_it_says_nothing) {
  heartbeat.on_life(now);
  EXPECT_EQ(after(seconds(14)), Verdict::fine);
  EXPECT_EQ(next, now + seconds(1));
  EXPECT_EQ(after(seconds(1)), Verdict::ask);
  EXPECT_EQ(next, now + seconds(30));
  EXPECT_FALSE(heartbeat.unanswered(now, seconds(1)));
  EXPECT_EQ(after(seconds(29)), Verdict::fine);
  EXPECT_TRUE(heartbeat.unanswered(now, seconds(1)));
  EXPECT_EQ(after(seconds(1)), Verdict::dead);
}

TEST_F(H2HeartbeatTest, any_byte_is_a_sign_of_life) {
  heartbeat.on_life(now);
  EXPECT_EQ(after(seconds(15)), Verdict::ask);
  heartbeat.on_life(now);
  EXPECT_FALSE(heartbeat.unanswered(now, seconds(0)));
  EXPECT_EQ(after(seconds(30)), Verdict::fine);
}

// What it owes us starts the time, and only a byte of its own starts it anew.
TEST_F(H2HeartbeatTest, silence_counts_from_the_first_request_that_it_left_unanswered) {
  heartbeat.on_life(now);
  now += seconds(1000);  // idle
  heartbeat.on_wait(now);
  EXPECT_EQ(after(seconds(14)), Verdict::fine);
  heartbeat.on_wait(now);  // the first was given up
  EXPECT_EQ(after(seconds(1)), Verdict::ask);
  heartbeat.on_wait(now);
  EXPECT_TRUE(heartbeat.asking());
  EXPECT_EQ(after(seconds(30)), Verdict::dead);
  heartbeat.on_life(now);
  EXPECT_FALSE(heartbeat.asking());
}

// Three such questions within five minutes end a connection to a server of gRPC.
TEST_F(H2HeartbeatTest, asks_seldom_while_no_message_moves) {
  heartbeat.on_life(now);
  EXPECT_EQ(after(seconds(15)), Verdict::ask);
  heartbeat.on_life(now);
  EXPECT_EQ(after(seconds(309)), Verdict::fine);
  EXPECT_EQ(after(seconds(1)), Verdict::ask);
  heartbeat.on_life(now);
  heartbeat.on_message();
  EXPECT_EQ(after(seconds(15)), Verdict::ask);
}

}  // namespace
}  // namespace gnomon::http
