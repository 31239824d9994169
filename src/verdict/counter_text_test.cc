#include "verdict/counter_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/rng.h"

namespace gnomon::verdict {
namespace {

Counters busy_counters() {
  Rng rng(5);
  Counters counters;
  counters.latency_tolerance_permille = 250;
  for (int i = 0; i < 4000; ++i) {
    ++counters.seen;
    ++counters.sampled;
    if (rng.below(20) == 0) {
      counters.exclude_at(rng.below(2) == 0 ? "GET /pets" : "10 \\ strange\nendpoints");
      counters.unread += rng.below(3);
      counters.unread_to_control += rng.below(3);
      counters.failed_unattributed += {rng.below(3), rng.below(3)};
      counters.differing_unattributed += {rng.below(3), rng.below(3)};
      counters.endpoints.at("GET /pets").unread_to_control += rng.below(3);
      counters.exclude(rng.below(2) == 0 ? "budget_bytes" : "a \\ strange\nreason");
      continue;
    }
    Observation one{.endpoint = i % 2 == 0 ? "GET /pets/{id}" : "name with\nbreak\\"};
    one.request = rng.next();
    one.client = rng.next();
    one.kind = static_cast<AnswerClass>(i % 3);
    one.live = LegResult{"answered", rng.below(9) != 0};
    one.candidate = LegResult{"answered", rng.below(9) != 0, rng.below(1000), rng.below(1'000'000)};
    one.control = LegResult{"answered", rng.below(9) != 0, rng.below(1000), rng.below(1'000'000)};
    one.compared = true;
    if (i % 7 == 0) one.limits[1 + i % 2] = {i % 3 == 0 ? "depth" : "editDistance"};
    counters.add(std::move(one));
  }
  counters.fields.restore_other({1, 2, 3}, 4);
  return counters;
}

TEST(CounterText, gives_back_what_it_was_made_of) {
  const Counters counters = busy_counters();
  const std::optional<Counters> read = from_text(to_text(counters));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, counters);
  EXPECT_EQ(from_text(to_text(Counters{})), Counters{});
}

// And it goes on counting as it would have.
TEST(CounterText, keeps_the_frozen_threshold) {
  Counters counters = busy_counters();
  std::optional<Counters> read = from_text(to_text(counters));
  Observation one{.endpoint = "GET /pets"};
  one.live = LegResult{"answered", true};
  one.candidate = LegResult{"answered", true, 9999, 1};
  one.control = one.live;
  counters.add(one);
  read->add(one);
  EXPECT_GT(counters.first_byte.exceeded_n, 0u);
  EXPECT_EQ(*read, counters);
}

// What an earlier version kept has no lines for them.
TEST(CounterText, reads_counters_that_know_less) {
  Counters counters = busy_counters();
  std::string kept;
  std::string_view rest;
  const std::string text = to_text(counters);
  for (rest = text; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    static constexpr std::array<std::string_view, 4> kLater = {"limit ", "failures ", "requests ",
                                                               "client "};
    const bool later =
        std::ranges::any_of(kLater, [&](std::string_view word) { return line.starts_with(word); });
    if (!later) kept += line;
  }
  ASSERT_LT(kept.size(), text.size());
  counters.limits = {};
  counters.requests = {};
  counters.clients = {};
  for (const char* const name : {"GET /pets/{id}", "name with\nbreak\\"}) {
    EndpointCount& count = counters.endpoints.at(name);
    EXPECT_GT(count.failures.live, 0u);
    count.failures = {};
    count.failed_to_control = 0;
  }
  EXPECT_EQ(from_text(kept), counters);
}

TEST(CounterText, refuses_what_it_does_not_know) {
  const std::string text = to_text(busy_counters());
  EXPECT_FALSE(from_text("").has_value());
  EXPECT_FALSE(from_text("gnomon-counters 2\n").has_value());
  EXPECT_FALSE(from_text(text + "what 1\n").has_value());
  EXPECT_FALSE(from_text(text + "seen\n").has_value());
  EXPECT_FALSE(from_text(text + "seen 1 2\n").has_value());
  EXPECT_FALSE(from_text(text + "seen -1\n").has_value());
  EXPECT_FALSE(from_text(text + "times 0 9 0 1 1\n").has_value());
  EXPECT_FALSE(from_text(text + "times 0 0 0 99999999 1\n").has_value());
  EXPECT_FALSE(from_text(text + "client 256 1\n").has_value());
  EXPECT_FALSE(from_text(text + "client 0\n").has_value());
  EXPECT_FALSE(from_text(text + "requests 0123\n").has_value());
  EXPECT_FALSE(from_text(text + "unattributed 1 2 3\n").has_value());
  for (size_t cut = 1; cut < 200; ++cut) {
    EXPECT_FALSE(from_text(text.substr(0, text.size() - cut)).has_value() &&
                 text[text.size() - cut - 1] != '\n');
  }
}

// It stands against PASS though nothing says where it was seen.
TEST(CounterText, reads_what_an_earlier_version_could_not_read_of_bodies) {
  const auto read = from_text("gnomon-counters 1\nunread 3 2\n");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->unread_to_control, 2u);
}

}  // namespace
}  // namespace gnomon::verdict
