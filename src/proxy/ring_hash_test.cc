#include "proxy/ring_hash.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/rng.h"

namespace gnomon::proxy {
namespace {

constexpr uint64_t kRingMax = 8u << 20;

std::vector<std::string> addresses(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.push_back("127.0.0.1:" + std::to_string(90 + i));
  return out;
}

std::vector<WeightedKey> keys(const std::vector<std::string>& names, uint32_t weight = 1) {
  std::vector<WeightedKey> out;
  for (const std::string& name : names) out.push_back({name, weight});
  return out;
}

std::map<uint32_t, int> shares(const RingHash& ring, int draws) {
  Rng rng(1);
  std::map<uint32_t, int> out;
  for (int i = 0; i < draws; ++i) ++out[ring.pick(rng.next())];
  return out;
}

// Positions and picks as Envoy's own ring for these hosts has them.
TEST(RingHash, is_the_ring_of_envoy) {
  const auto names = addresses(6);
  const RingHash ring(keys(names), 12, kRingMax);
  EXPECT_EQ(ring.size(), 12u);
  const std::pair<uint64_t, uint32_t> points[] = {
      {833437586790550860U, 4},   {928266305478181108U, 2},   {1033482794131418490U, 0},
      {3551244743356806947U, 5},  {3851675632748031481U, 3},  {5583722120771150861U, 1},
      {6311230543546372928U, 1},  {7700377290971790572U, 3},  {13144177310400110813U, 5},
      {13444792449719432967U, 2}, {15516499411664133160U, 4}, {16117243373044804889U, 0}};
  uint64_t before = 0;
  for (const auto& [position, host] : points) {
    EXPECT_EQ(ring.pick(position), host) << position;
    EXPECT_EQ(ring.pick(before + 1), host) << position;
    before = position;
  }
  EXPECT_EQ(ring.pick(0), 4u);
  EXPECT_EQ(ring.pick(UINT64_MAX), 4u);
}

TEST(RingHash, gives_the_lightest_host_whole_points_and_the_others_their_share) {
  const std::vector<WeightedKey> hosts = {{"a:1", 1}, {"b:1", 2}, {"c:1", 3}};
  EXPECT_EQ(RingHash(hosts, 9, kRingMax).size(), 12u);
  EXPECT_EQ(RingHash(hosts, 1024, kRingMax).size(), 1026u);
  const auto share = shares(RingHash(hosts, 60'000, kRingMax), 60'000);
  EXPECT_NEAR(share.at(0), 10'000, 700);
  EXPECT_NEAR(share.at(1), 20'000, 900);
  EXPECT_NEAR(share.at(2), 30'000, 900);
}

TEST(RingHash, keeps_to_its_largest_size) {
  const auto names = addresses(4);
  EXPECT_EQ(RingHash(keys(names), 1024, 6).size(), 6u);
}

TEST(RingHash, does_not_mind_the_order_of_its_hosts) {
  const auto names = addresses(8);
  const auto reversed = std::vector<std::string>(names.rbegin(), names.rend());
  const RingHash one(keys(names), 1024, kRingMax);
  const RingHash other(keys(reversed), 1024, kRingMax);
  Rng rng(2);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t hash = rng.next();
    EXPECT_EQ(names[one.pick(hash)], reversed[other.pick(hash)]);
  }
}

TEST(RingHash, moves_only_the_requests_of_a_host_that_leaves) {
  const auto names = addresses(10);
  const RingHash all(keys(names), 10'000, kRingMax);
  const std::vector<std::string> without(names.begin(), names.end() - 1);
  // The same number of points for each host, so that the rest of the ring is the same.
  const RingHash fewer(keys(without), 9'000, kRingMax);
  Rng rng(3);
  int moved = 0;
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t hash = rng.next();
    const uint32_t before = all.pick(hash);
    if (before == 9) {
      ++moved;
    } else {
      EXPECT_EQ(fewer.pick(hash), before);
    }
  }
  EXPECT_NEAR(moved, 1000, 150);
}

}  // namespace
}  // namespace gnomon::proxy
