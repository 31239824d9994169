#include "shadow/sampler.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace gnomon::shadow {
namespace {

using Kind = routing::SampleKey::Kind;

const net::Address kClient = *net::Address::parse("192.0.2.7", 40000);

routing::ShadowPolicy policy(uint32_t per_million, Kind kind = Kind::none,
                             const std::string& salt = "") {
  routing::ShadowPolicy out;
  out.per_million = per_million;
  out.key.kind = kind;
  out.key.name = kind == Kind::cookie ? "session" : "x-user";
  out.key.salt = salt;
  return out;
}

RequestHead request_of(const std::string& user) {
  RequestHead head;
  head.headers.add("X-User", user);
  head.headers.add("Cookie", "a=1; session=" + user + "; b=2");
  return head;
}

TEST(Sampler, zero_takes_nothing_and_a_million_takes_everything) {
  Rng rng(1);
  const RequestHead head = request_of("u");
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_FALSE(sample(policy(0), head, kClient, rng));
    ASSERT_TRUE(sample(policy(kMillion), head, kClient, rng));
  }
}

TEST(Sampler, a_share_is_kept_within_three_sigma) {
  Rng rng(2);
  const RequestHead head = request_of("u");
  for (const uint32_t per_million : {1'000u, 370'000u, 999'000u}) {
    constexpr int kDraws = 200'000;
    int taken = 0;
    for (int i = 0; i < kDraws; ++i) taken += sample(policy(per_million), head, kClient, rng);
    const double p = per_million / 1e6;
    EXPECT_NEAR(taken, kDraws * p, 3 * std::sqrt(kDraws * p * (1 - p))) << per_million;
  }
}

TEST(Sampler, a_key_is_always_in_or_always_out) {
  Rng rng(3);
  for (const Kind kind : {Kind::header, Kind::cookie}) {
    int in = 0;
    for (int user = 0; user < 2'000; ++user) {
      const RequestHead head = request_of(fmt::format("user-{}", user));
      const bool first = sample(policy(300'000, kind), head, kClient, rng);
      for (int again = 0; again < 5; ++again) {
        ASSERT_EQ(sample(policy(300'000, kind), head, kClient, rng), first) << user;
      }
      in += first;
    }
    EXPECT_NEAR(in, 600, 3 * std::sqrt(2'000 * 0.3 * 0.7));
  }
}

TEST(Sampler, a_client_address_counts_without_its_port) {
  Rng rng(4);
  const RequestHead head = request_of("u");
  const auto other_port = *net::Address::parse("192.0.2.7", 1);
  int differing = 0;
  for (uint32_t share = 10'000; share < kMillion; share += 10'000) {
    const auto sticky = policy(share, Kind::client_address);
    differing += sample(sticky, head, kClient, rng) != sample(sticky, head, other_port, rng);
  }
  EXPECT_EQ(differing, 0);
}

TEST(Sampler, equal_salts_nest_and_different_salts_are_independent) {
  Rng rng(5);
  int small = 0;
  int both = 0;
  for (int user = 0; user < 20'000; ++user) {
    const RequestHead head = request_of(fmt::format("user-{}", user));
    const bool in_small = sample(policy(50'000, Kind::header, "s"), head, kClient, rng);
    const bool in_large = sample(policy(100'000, Kind::header, "s"), head, kClient, rng);
    const bool in_other = sample(policy(100'000, Kind::header, "t"), head, kClient, rng);
    ASSERT_TRUE(!in_small || in_large) << user;
    small += in_small;
    both += in_small && in_other;
  }
  EXPECT_NEAR(both, small * 0.1, 3 * std::sqrt(small * 0.1 * 0.9) + 1);
}

TEST(Sampler, a_request_without_its_key_is_drawn_at_random) {
  Rng rng(6);
  const RequestHead head;
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) {
    taken += sample(policy(500'000, Kind::header), head, kClient, rng);
  }
  EXPECT_GT(taken, 300);
  EXPECT_LT(taken, 700);
}

TEST(ClientOf, goes_by_the_key_and_else_by_the_address_without_its_port) {
  const auto of = [](Kind kind, const std::string& user, const char* ip, uint16_t port) {
    const RequestHead head = user.empty() ? RequestHead() : request_of(user);
    return client_of(policy(kMillion, kind), head, *net::Address::parse(ip, port));
  };
  for (const Kind kind : {Kind::header, Kind::cookie}) {
    EXPECT_EQ(of(kind, "a", "192.0.2.1", 1), of(kind, "a", "192.0.2.2", 2));
    EXPECT_NE(of(kind, "a", "192.0.2.1", 1), of(kind, "b", "192.0.2.1", 1));
  }
  for (const Kind kind : {Kind::none, Kind::client_address}) {
    EXPECT_EQ(of(kind, "a", "192.0.2.1", 1), of(kind, "b", "192.0.2.1", 2));
    EXPECT_NE(of(kind, "a", "192.0.2.1", 1), of(kind, "a", "192.0.2.2", 1));
    EXPECT_NE(of(kind, "a", "2001:db8::1", 1), of(kind, "a", "2001:db8::2", 1));
  }
  EXPECT_EQ(of(Kind::header, "", "192.0.2.1", 1), of(Kind::none, "", "192.0.2.1", 2));
  EXPECT_NE(of(Kind::header, "", "192.0.2.1", 1), of(Kind::header, "", "192.0.2.2", 1));
}

}  // namespace
}  // namespace gnomon::shadow
