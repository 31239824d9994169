#include "proxy/stream_limit.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

Headers call(std::string_view deadline = "") {
  Headers headers;
  headers.add("content-type", "application/grpc");
  if (!deadline.empty()) headers.add("grpc-timeout", deadline);
  return headers;
}

std::optional<Millis> limit_of(std::optional<routing::StreamDuration> rule, Millis listener,
                               const Headers& request) {
  routing::Route route;
  route.stream_duration = rule;
  const StreamLimit limit = stream_limit(route, listener, request);
  EXPECT_EQ(limit.is_route_s, rule.has_value());
  return limit.longest;
}

routing::StreamDuration grpc_rule(int64_t max, int64_t offset = 0) {
  return {.longest = Millis(70), .grpc_max = Millis(max), .grpc_offset = Millis(offset)};
}

TEST(StreamLimit, the_route_s_wins_over_the_listener_s_and_may_switch_it_off) {
  EXPECT_EQ(limit_of(std::nullopt, Millis(0), call()), std::nullopt);
  EXPECT_EQ(limit_of(std::nullopt, Millis(50), call()), Millis(50));
  EXPECT_EQ(limit_of(routing::StreamDuration{.longest = Millis(70)}, Millis(50), call()),
            Millis(70));
  EXPECT_EQ(limit_of(routing::StreamDuration{.longest = Millis(0)}, Millis(50), call()),
            std::nullopt);
  EXPECT_EQ(limit_of(routing::StreamDuration{}, Millis(50), call()), Millis(50));
}

TEST(StreamLimit, a_call_s_deadline_counts_only_where_the_route_has_a_maximum_for_it) {
  EXPECT_EQ(limit_of(routing::StreamDuration{.longest = Millis(70)}, Millis(0), call("30m")),
            Millis(70));
  EXPECT_EQ(limit_of(grpc_rule(100), Millis(0), call("30m")), Millis(30));
  EXPECT_EQ(limit_of(grpc_rule(100), Millis(0), call("1S")), Millis(100));
  EXPECT_EQ(limit_of(grpc_rule(0), Millis(0), call("1S")), Millis(1000));
  EXPECT_EQ(limit_of(grpc_rule(100), Millis(0), call()), Millis(70));
  EXPECT_EQ(limit_of(grpc_rule(100), Millis(0), call("soon")), Millis(70));
}

TEST(StreamLimit, the_offset_shortens_a_deadline_down_to_nothing) {
  EXPECT_EQ(limit_of(grpc_rule(0, 300), Millis(0), call("1S")), Millis(700));
  EXPECT_EQ(limit_of(grpc_rule(500, 300), Millis(0), call("1S")), Millis(200));
  EXPECT_EQ(limit_of(grpc_rule(0, 300), Millis(0), call("200m")), Millis(0));
  EXPECT_EQ(limit_of(grpc_rule(0), Millis(0), call("0m")), Millis(0));
}

}  // namespace
}  // namespace gnomon::proxy
