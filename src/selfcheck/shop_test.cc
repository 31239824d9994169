#include "selfcheck/shop.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace gnomon::selfcheck {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kStock = 7;
constexpr const char* kPet = "/x/pets/17";
constexpr const char* kOrder = "/x/orders/otter";

// Names of the members that differ between the live version and one with a fault.
std::set<std::string> differing(Fault fault, const char* path, uint64_t request = 0) {
  Shop live(kStock, 1, Fault::none);
  Shop next(kStock, 2, fault);
  const Json before = Json::parse(live.answer(path, request, WallTime{}).body);
  const Json after = Json::parse(next.answer(path, request, WallTime{} + Millis(1)).body);
  std::set<std::string> names;
  for (const auto& [name, value] : before.items()) {
    if (!after.contains(name) || after[name] != value) names.insert(name);
  }
  for (const auto& [name, value] : after.items()) {
    if (!before.contains(name)) names.insert(name);
  }
  return names;
}

std::set<std::string> with(std::set<std::string> names, const std::set<std::string>& more) {
  names.insert(more.begin(), more.end());
  return names;
}

uint64_t first_struck(Fault fault) {
  uint64_t request = 0;
  while (!strikes(fault, kStock, request)) ++request;
  return request;
}

TEST(Shop, each_fault_changes_what_it_says_and_nothing_else) {
  const auto noise = differing(Fault::none, kPet);
  EXPECT_TRUE(noise.contains("requestId") && noise.contains("generatedAt"));
  for (const auto& name : noise) {
    EXPECT_TRUE(std::set<std::string>({"requestId", "generatedAt", "tags", "score"}).contains(name))
        << name;
  }
  EXPECT_EQ(differing(Fault::none, kOrder), std::set<std::string>{"requestId"});
  const uint64_t struck = first_struck(Fault::wrong_value);
  EXPECT_EQ(differing(Fault::wrong_value, kPet, struck), with(noise, {"price"}));
  EXPECT_EQ(differing(Fault::renamed_field, kPet), with(noise, {"name", "fullName"}));
  EXPECT_EQ(differing(Fault::changed_type, kPet), with(noise, {"stock"}));
  EXPECT_EQ(differing(Fault::missing_field, kPet), with(noise, {"owner"}));
  EXPECT_EQ(differing(Fault::shorter_list, kPet), with(noise, {"photos"}));
  EXPECT_EQ(differing(Fault::rounded, kOrder), (std::set<std::string>{"requestId", "total"}));
  EXPECT_EQ(differing(Fault::reordered_list, kOrder),
            (std::set<std::string>{"requestId", "steps"}));
}

TEST(Shop, faults_of_the_head_leave_the_body) {
  Shop live(kStock, 1, Fault::none);
  const Reply good = live.answer(kOrder, 0, WallTime{});
  Shop accepted(kStock, 1, Fault::changed_status);
  EXPECT_EQ(accepted.answer(kOrder, 0, WallTime{}).status, 202);
  EXPECT_EQ(accepted.answer(kPet, 0, WallTime{}).status, 200);
  Shop bare(kStock, 1, Fault::missing_header);
  const Reply reply = bare.answer(kOrder, 0, WallTime{});
  EXPECT_EQ(reply.body, good.body);
  EXPECT_EQ(reply.headers.size() + 1, good.headers.size());
  EXPECT_EQ(bare.answer(kPet, 0, WallTime{}).headers.size(), good.headers.size());
}

TEST(Shop, a_rare_fault_meets_the_same_requests_again) {
  Shop shop(kStock, 1, Fault::server_error);
  uint64_t failed = 0;
  for (uint64_t request = 0; request < 10'000; ++request) {
    const bool fails = shop.answer(kPet, request, WallTime{}).status == 500;
    EXPECT_EQ(fails, strikes(Fault::server_error, kStock, request));
    failed += fails;
  }
  EXPECT_NEAR(static_cast<double>(failed), 400, 100);
}

TEST(Shop, clients_ask_for_everything) {
  Rng rng(1);
  Shop shop(kStock, 1, Fault::none);
  std::set<std::string> members;
  for (int i = 0; i < 100; ++i) {
    const std::string path = some_path("x", rng);
    ASSERT_TRUE(path.starts_with("/x/")) << path;
    const Json body = Json::parse(shop.answer(path, 0, WallTime{}).body);
    for (const auto& [name, value] : body.items()) members.insert(name);
  }
  for (const char* each : {"price", "steps", "pets"}) EXPECT_TRUE(members.contains(each)) << each;
}

}  // namespace
}  // namespace gnomon::selfcheck
