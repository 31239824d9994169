// What it costs to find the route of a request. The time must not grow with the number of hosts or
// routes; the argument is that number.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "routing/domain_table.h"
#include "routing/route_table.h"

namespace gnomon::routing {
namespace {

constexpr size_t kProbes = 1024;

// Spreads probes over the whole table without a pattern that a cache could learn.
size_t spread(size_t i, size_t n) { return (i * 2654435761u) % n; }

RequestHead request(std::string_view path) {
  RequestHead head;
  head.path = path;
  return head;
}

void match_host(benchmark::State& state) {
  const auto n = static_cast<size_t>(state.range(0));
  DomainTable table;
  std::vector<std::string> hosts;
  for (size_t i = 0; i < n; ++i) {
    const std::string name = fmt::format("service-{:05}.example.com", i);
    table.add(i % 4 == 0 ? "*." + name : name, static_cast<uint32_t>(i));
  }
  for (size_t i = 0; i < kProbes; ++i) {
    const size_t id = spread(i, n);
    hosts.push_back(fmt::format("{}service-{:05}.example.com", id % 4 == 0 ? "www." : "", id));
  }
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.find(hosts[i++ % kProbes]));
}
BENCHMARK(match_host)->RangeMultiplier(10)->Range(10, 10'000);

// Each path is found somewhere in the table.
void match_paths(benchmark::State& state, std::vector<RouteRule> rules, std::string_view rest) {
  std::vector<std::string> paths;
  for (size_t i = 0; i < kProbes; ++i) {
    const size_t id = spread(i, rules.size());
    const bool exact = rules[id].kind == RouteRule::Path::exact;
    paths.push_back(fmt::format("/api/v1/resource-{:05}{}", id, exact ? "" : rest));
  }
  const RouteTable table(std::move(rules));
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.find(request(paths[i++ % kProbes])));
}

void match_route(benchmark::State& state) {
  std::vector<RouteRule> rules(static_cast<size_t>(state.range(0)));
  for (size_t i = 0; i < rules.size(); ++i) {
    rules[i].path = fmt::format("/api/v1/resource-{:05}", i);
    rules[i].kind = i % 3 == 0 ? RouteRule::Path::exact : RouteRule::Path::prefix;
  }
  match_paths(state, std::move(rules), "/17");
}
BENCHMARK(match_route)->RangeMultiplier(10)->Range(10, 10'000);

// Each probe runs one expression, found by its literal beginning.
void match_regex_route(benchmark::State& state) {
  std::vector<RouteRule> rules(static_cast<size_t>(state.range(0)));
  for (size_t i = 0; i < rules.size(); ++i) {
    rules[i].kind = RouteRule::Path::regex;
    rules[i].regex = compile_regex(fmt::format("/api/v1/resource-{:05}/[0-9]+", i)).regex;
  }
  match_paths(state, std::move(rules), "/17");
}
BENCHMARK(match_regex_route)->RangeMultiplier(10)->Range(10, 10'000);

// The same with ten paths that come again and again. Beside the one above it shows what that one
// grows by: not the number of expressions, but that each is a machine of its own, cold in memory.
void match_hot_regex_route(benchmark::State& state) {
  std::vector<RouteRule> rules(static_cast<size_t>(state.range(0)));
  std::vector<std::string> paths;
  for (size_t i = 0; i < rules.size(); ++i) {
    rules[i].kind = RouteRule::Path::regex;
    rules[i].regex = compile_regex(fmt::format("/api/v1/resource-{:05}/[0-9]+", i)).regex;
    if (paths.size() < 10) paths.push_back(fmt::format("/api/v1/resource-{:05}/17", i));
  }
  const RouteTable table(std::move(rules));
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find(request(paths[i++ % paths.size()])));
  }
}
BENCHMARK(match_hot_regex_route)->RangeMultiplier(10)->Range(10, 10'000);

// Expressions that begin with nothing in particular: all are asked at once.
void match_open_regex_route(benchmark::State& state) {
  std::vector<RouteRule> rules(static_cast<size_t>(state.range(0)));
  for (size_t i = 0; i < rules.size(); ++i) {
    rules[i].kind = RouteRule::Path::regex;
    rules[i].regex = compile_regex(fmt::format("/[^/]+/v1/resource-{:05}/[0-9]+", i)).regex;
  }
  match_paths(state, std::move(rules), "/17");
}
BENCHMARK(match_open_regex_route)->RangeMultiplier(10)->Range(10, 10'000);

// A path that no rule takes.
void match_no_route(benchmark::State& state) {
  std::vector<RouteRule> rules(static_cast<size_t>(state.range(0)));
  for (size_t i = 0; i < rules.size(); ++i)
    rules[i].path = fmt::format("/api/v1/resource-{:05}/", i);
  const RouteTable table(std::move(rules));
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find(request("/api/v2/resource-17/items/4711?sort=name")));
  }
}
BENCHMARK(match_no_route)->RangeMultiplier(10)->Range(10, 10'000);

}  // namespace
}  // namespace gnomon::routing
