#include "proxy/maglev.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace gnomon::proxy {
namespace {

std::vector<std::string> addresses(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.push_back("127.0.0.1:" + std::to_string(90 + i));
  return out;
}

std::vector<WeightedKey> keys(const std::vector<std::string>& names) {
  std::vector<WeightedKey> out;
  for (const std::string& name : names) out.push_back({name, 1});
  return out;
}

std::map<uint32_t, int> shares(const Maglev& table) {
  std::map<uint32_t, int> out;
  for (uint64_t hash = 0; hash < Maglev::kTableSize; ++hash) ++out[table.pick(hash)];
  return out;
}

// As Envoy's own table for these hosts.
TEST(Maglev, is_the_table_of_envoy) {
  const auto names = addresses(6);
  const Maglev table(keys(names), 7);
  const uint32_t expected[] = {2, 4, 0, 1, 5, 0, 3};
  for (uint64_t hash = 0; hash < 21; ++hash) EXPECT_EQ(table.pick(hash), expected[hash % 7]);
}

TEST(Maglev, shares_the_table_evenly_to_an_entry) {
  const auto names = addresses(7);
  for (const auto& [host, entries] : shares(Maglev(keys(names)))) {
    EXPECT_NEAR(entries, 65537 / 7, 1) << host;
  }
}

TEST(Maglev, shares_the_table_by_weight) {
  const auto share = shares(Maglev(std::vector<WeightedKey>{{"a:1", 1}, {"b:1", 3}, {"c:1", 6}}));
  EXPECT_NEAR(share.at(0), 6554, 10);
  EXPECT_NEAR(share.at(1), 19661, 10);
  EXPECT_NEAR(share.at(2), 39322, 10);
}

TEST(Maglev, does_not_mind_the_order_of_its_hosts) {
  const auto names = addresses(5);
  const auto reversed = std::vector<std::string>(names.rbegin(), names.rend());
  const Maglev one(keys(names));
  const Maglev other(keys(reversed));
  for (uint64_t hash = 0; hash < Maglev::kTableSize; ++hash) {
    ASSERT_EQ(names[one.pick(hash)], reversed[other.pick(hash)]);
  }
}

TEST(Maglev, moves_little_more_than_the_requests_of_a_host_that_leaves) {
  const auto names = addresses(10);
  const Maglev all(keys(names));
  const Maglev fewer(keys(std::vector<std::string>(names.begin(), names.end() - 1)));
  int moved = 0;
  for (uint64_t hash = 0; hash < Maglev::kTableSize; ++hash) {
    moved += all.pick(hash) != fewer.pick(hash) ? 1 : 0;
  }
  EXPECT_GE(moved, 65537 / 10);
  EXPECT_LE(moved, 65537 / 10 * 2);
}

}  // namespace
}  // namespace gnomon::proxy
