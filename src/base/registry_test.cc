#include "base/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/counter.h"

namespace gnomon {
namespace {

using Seen = std::vector<std::pair<std::string, uint64_t>>;

Seen walk(const Registry<Counter>& registry) {
  Seen seen;
  registry.for_each([&seen](const std::string& name, const Counter& counter) {
    seen.emplace_back(name, counter.value());
  });
  return seen;
}

TEST(Registry, gives_the_same_set_for_the_same_name_while_it_is_held) {
  Registry<Counter> registry;
  const auto first = registry.get("a");
  first->add(3);
  std::vector<std::shared_ptr<Counter>> others;
  for (int i = 0; i < 1000; ++i) others.push_back(registry.get(std::to_string(i)));
  EXPECT_EQ(registry.get("a"), first);
  EXPECT_EQ(registry.get("a")->value(), 3u);
  EXPECT_EQ(registry.get("b")->value(), 0u);
}

TEST(Registry, visits_every_set_in_the_order_of_names) {
  Registry<Counter> registry;
  const auto b = registry.get("b");
  const auto a = registry.get("a");
  const auto c = registry.get("c");
  b->add(2);
  a->add(1);
  EXPECT_EQ(walk(registry), (Seen{{"a", 1}, {"b", 2}, {"c", 0}}));
}

TEST(Registry, forgets_a_set_with_its_last_holder) {
  Registry<Counter> registry;
  const auto kept = registry.get("kept");
  auto in_flight = registry.get("renamed");
  in_flight->add(7);
  EXPECT_EQ(walk(registry), (Seen{{"kept", 0}, {"renamed", 7}}));
  // Named again while something still runs on it: it goes on counting.
  auto again = registry.get("renamed");
  in_flight.reset();
  EXPECT_EQ(again->value(), 7u);
  again.reset();
  EXPECT_EQ(walk(registry), (Seen{{"kept", 0}}));
  EXPECT_EQ(registry.get("renamed")->value(), 0u);
}

TEST(Registry, keeps_no_more_names_than_twice_those_that_are_held) {
  Registry<Counter> registry;
  const auto kept = registry.get("kept");
  kept->add(5);
  std::shared_ptr<Counter> renamed;
  for (int i = 0; i < 100'000; ++i) {
    renamed = registry.get("shadow" + std::to_string(i));
    ASSERT_LE(registry.names(), 128u);
  }
  EXPECT_EQ(walk(registry), (Seen{{"kept", 5}, {"shadow99999", 0}}));
}

TEST(Registry, may_be_walked_while_another_thread_renames_what_is_in_it) {
  Registry<Counter> registry;
  std::atomic<bool> done = false;
  std::thread worker([&registry, &done] {
    const auto kept = registry.get("kept");
    std::vector<std::shared_ptr<Counter>> held(16);
    for (size_t i = 0; i < 20'000; ++i) {
      held[i % held.size()] = registry.get(std::to_string(i));
      held[i % held.size()]->add();
      kept->add();
    }
    done = true;
  });
  while (!done) {
    size_t count = 0;
    registry.for_each([&count](const std::string&, const Counter&) { ++count; });
    ASSERT_LE(count, 18u);
  }
  worker.join();
  EXPECT_EQ(walk(registry), Seen());
}

}  // namespace
}  // namespace gnomon
