#include "trial/traffic_meter.h"

#include <gtest/gtest.h>

#include <array>

namespace gnomon::trial {
namespace {

using shadow::Reason;

TEST(TrafficMeter, tells_what_is_new_of_all_workers) {
  shadow::ShadowRegistry first;
  shadow::ShadowRegistry second;
  const auto one = first.get("trial");
  const auto two = second.get("trial");
  const std::array<const shadow::ShadowRegistry*, 2> workers{&first, &second};
  TrafficMeter meter;
  one->requests.add(10);
  one->drop(Reason::sampled_out);
  two->requests.add(5);
  two->drop(Reason::breaker_open);
  two->pass_over(shadow::Uncompared::queue_full);
  Traffic news = meter.read(workers).at("trial");
  EXPECT_EQ(news.seen, 15u);
  EXPECT_EQ(news.sampled, 14u);
  EXPECT_EQ(news.excluded.of("breaker_open"), 1u);
  EXPECT_EQ(news.excluded.of("queue_full"), 1u);
  EXPECT_EQ(news.excluded.of("sampled_out"), 0u);
  two->requests.add(3);
  news = meter.read(workers).at("trial");
  EXPECT_EQ(news.seen, 3u);
  EXPECT_EQ(news.excluded.total(), 0u);
}

TEST(TrafficMeter, what_a_trial_was_never_meant_to_see_is_not_sampled) {
  shadow::ShadowRegistry registry;
  const std::array<const shadow::ShadowRegistry*, 1> workers{&registry};
  const auto stats = registry.get("trial");
  stats->requests.add(10);
  for (const Reason reason :
       {Reason::sampled_out, Reason::method, Reason::upgrade, Reason::marked}) {
    stats->drop(reason);
  }
  stats->drop(Reason::rate);
  TrafficMeter meter;
  const Traffic news = meter.read(workers).at("trial");
  EXPECT_EQ(news.sampled, 6u);
  EXPECT_EQ(news.excluded.total(), 1u);
  EXPECT_EQ(news.excluded.of("rate"), 1u);
}

TEST(TrafficMeter, a_shadow_that_was_made_again_counts_from_zero) {
  shadow::ShadowRegistry registry;
  const std::array<const shadow::ShadowRegistry*, 1> workers{&registry};
  TrafficMeter meter;
  auto stats = registry.get("trial");
  stats->requests.add(10);
  static_cast<void>(meter.read(workers));
  stats.reset();
  stats = registry.get("trial");
  stats->requests.add(4);
  EXPECT_EQ(meter.read(workers).at("trial").seen, 4u);
}

}  // namespace
}  // namespace gnomon::trial
