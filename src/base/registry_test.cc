#include "base/registry.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/counter.h"

namespace gnomon {
namespace {

TEST(Registry, gives_the_same_set_for_the_same_name_for_ever) {
  Registry<Counter> registry;
  Counter& first = registry.get("a");
  first.add(3);
  for (int i = 0; i < 1000; ++i) registry.get(std::to_string(i));
  EXPECT_EQ(&registry.get("a"), &first);
  EXPECT_EQ(registry.get("a").value(), 3u);
  EXPECT_EQ(registry.get("b").value(), 0u);
}

TEST(Registry, visits_every_set_in_the_order_of_names) {
  Registry<Counter> registry;
  registry.get("b").add(2);
  registry.get("a").add(1);
  registry.get("c");
  std::vector<std::pair<std::string, uint64_t>> seen;
  registry.for_each([&seen](const std::string& name, const Counter& counter) {
    seen.emplace_back(name, counter.value());
  });
  const std::vector<std::pair<std::string, uint64_t>> want = {{"a", 1}, {"b", 2}, {"c", 0}};
  EXPECT_EQ(seen, want);
}

TEST(Registry, may_be_walked_while_its_thread_adds_to_it) {
  Registry<Counter> registry;
  std::thread writer([&registry] {
    for (int i = 0; i < 2000; ++i) registry.get(std::to_string(i)).add();
  });
  size_t most = 0;
  while (most < 2000) {
    size_t count = 0;
    registry.for_each([&count](const std::string&, const Counter&) { ++count; });
    ASSERT_GE(count, most);
    most = count;
  }
  writer.join();
}

}  // namespace
}  // namespace gnomon
