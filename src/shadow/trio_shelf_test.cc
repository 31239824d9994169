#include "shadow/trio_shelf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace gnomon::shadow {
namespace {

TEST(TrioShelf, gives_out_again_what_came_back_and_it_is_empty) {
  const auto shelf = std::make_shared<TrioShelf>();
  const auto limits = std::make_shared<ShadowLimits>();
  auto trio = shelf->take();
  const Trio* const same = trio.get();
  trio->limits = limits;
  trio->charged = 100;
  limits->bytes.take(100, 1000);
  trio->has_control = true;
  trio->taken = TimePoint{};
  trio->request.path = "/gone";
  trio->request.headers.add("name", "value");
  trio->of(Leg::candidate).status = 500;
  trio->of(Leg::candidate).headers.add("name", "value");
  trio->of(Leg::candidate).body.append(Chunk::of_static("body"));
  trio->stash.keep_some("body");
  TrioShelf::put_back(std::move(trio));
  EXPECT_EQ(limits->bytes.used(), 0u);
  trio = shelf->take();
  EXPECT_EQ(trio.get(), same);
  EXPECT_FALSE(trio->has_control);
  EXPECT_EQ(trio->taken, TimePoint::max());
  EXPECT_EQ(trio->request.path, "/");
  EXPECT_TRUE(trio->request.headers.empty());
  EXPECT_EQ(trio->of(Leg::candidate).status, 0);
  EXPECT_TRUE(trio->of(Leg::candidate).headers.empty());
  EXPECT_EQ(trio->of(Leg::candidate).body.length, 0u);
  EXPECT_EQ(trio->charged, 0u);
  EXPECT_EQ(trio->stash.memory(), 0u);
}

std::vector<std::unique_ptr<Trio>> take_many(TrioShelf& shelf, size_t count) {
  std::vector<std::unique_ptr<Trio>> many;
  while (many.size() < count) many.push_back(shelf.take());
  return many;
}

// How many of the next ones have been used before: those have a rule's memory still.
size_t used_before(TrioShelf& shelf, size_t count) {
  const auto many = take_many(shelf, count);
  return static_cast<size_t>(
      std::ranges::count_if(many, [](const auto& trio) { return trio->trial != nullptr; }));
}

void use_and_put_back(std::vector<std::unique_ptr<Trio>> many) {
  for (auto& trio : many) {
    trio->trial = std::make_shared<routing::Trial>();
    TrioShelf::put_back(std::move(trio));
  }
}

TEST(TrioShelf, keeps_no_large_ones_and_no_more_than_it_has_room_for) {
  const auto shelf = std::make_shared<TrioShelf>();
  auto first = take_many(*shelf, TrioShelf::kKept + 10);
  auto more = take_many(*shelf, TrioShelf::kKept);
  use_and_put_back(std::move(first));
  shelf->trim();  // which takes them from where they come back
  use_and_put_back(std::move(more));
  EXPECT_EQ(used_before(*shelf, 3 * TrioShelf::kKept), TrioShelf::kKept);
  auto large = take_many(*shelf, 1);
  large[0]->charged = TrioShelf::kKeptBytes + 1;
  use_and_put_back(std::move(large));
  EXPECT_EQ(used_before(*shelf, 1), 0u);
}

// While some are taken and others come back, none is lost on the way and none given out twice.
TEST(TrioShelf, gives_out_each_once_however_few_are_left) {
  const auto shelf = std::make_shared<TrioShelf>();
  constexpr size_t kAll = 2 * TrioShelf::kNext;
  use_and_put_back(take_many(*shelf, kAll));
  for (size_t count = 1; count <= kAll; ++count) {
    auto taken = take_many(*shelf, count);
    std::set<const Trio*> apart;
    for (const auto& trio : taken) {
      EXPECT_NE(trio->trial, nullptr) << count;
      apart.insert(trio.get());
    }
    EXPECT_EQ(apart.size(), count);
    use_and_put_back(std::move(taken));
  }
  EXPECT_EQ(used_before(*shelf, kAll + 10), kAll);
}

TEST(TrioShelf, lets_go_of_what_was_not_needed_for_a_while) {
  const auto shelf = std::make_shared<TrioShelf>();
  use_and_put_back(take_many(*shelf, 10));
  shelf->trim();
  use_and_put_back(take_many(*shelf, 1));
  EXPECT_EQ(used_before(*shelf, 3), 3u);
  shelf->trim();
  shelf->trim();
  EXPECT_EQ(used_before(*shelf, 10), 0u);
}

// Those that were not needed do not take turns with those that are.
TEST(TrioShelf, gives_out_first_what_came_back_last) {
  const auto shelf = std::make_shared<TrioShelf>();
  use_and_put_back(take_many(*shelf, 100));
  std::set<const Trio*> used;
  for (int i = 0; i < 100; ++i) {
    auto one = take_many(*shelf, 1);
    used.insert(one.front().get());
    use_and_put_back(std::move(one));
  }
  EXPECT_LE(used.size(), TrioShelf::kNext + 1);
  // So they can be told apart, and go.
  shelf->trim();
  use_and_put_back(take_many(*shelf, 1));
  shelf->trim();
  EXPECT_LE(used_before(*shelf, 100), TrioShelf::kNext + 1);
}

TEST(TrioShelf, may_be_gone_before_what_was_taken_from_it) {
  auto shelf = std::make_shared<TrioShelf>();
  auto kept = shelf->take();
  TrioShelf::put_back(shelf->take());
  const std::weak_ptr<TrioShelf> watched = shelf;
  shelf.reset();
  EXPECT_FALSE(watched.expired());
  TrioShelf::put_back(std::move(kept));
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace gnomon::shadow
