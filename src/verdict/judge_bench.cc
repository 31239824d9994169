// What a look costs: the cheap one after every request, and the whole verdict once a second.
#include <benchmark/benchmark.h>

#include "verdict/judge.h"

namespace gnomon::verdict {
namespace {

Counters noisy_traffic(size_t fields) {
  Counters counters;
  for (int i = 0; i < 20'000; ++i) {
    Observation one{.endpoint = "GET /pets", .at_us = i};
    one.live = one.candidate = LegResult{"answered", true, 1000, 2000};
    one.control = one.live;
    one.compared = true;
    if (i % 5 == 0) {
      FieldKey key{"GET /pets", std::to_string(static_cast<size_t>(i) / 10 % fields), "value"};
      one.differences.push_back({std::move(key), i % 10 == 0, i % 10 != 0});
    }
    counters.add(std::move(one));
  }
  return counters;
}

void rules(benchmark::State& state) {
  const Counters counters = noisy_traffic(static_cast<size_t>(state.range(0)));
  Judge judge(Settings{});
  for (auto _ : state) benchmark::DoNotOptimize(judge.rule(counters, std::chrono::seconds(1)));
}
BENCHMARK(rules)->Arg(1)->Arg(1000);

void looks(benchmark::State& state) {
  const Counters counters = noisy_traffic(static_cast<size_t>(state.range(0)));
  Judge judge(Settings{});
  for (auto _ : state) benchmark::DoNotOptimize(judge.look(counters, std::chrono::hours(1)));
}
BENCHMARK(looks)->Arg(1)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gnomon::verdict
