// Run with --benchmark_filter=... ; bench/json_diff.mjs measures the same pairs with that
// library.
#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <string_view>

#include "compare/comparer.h"
#include "compare/json_pairs.h"

namespace gnomon::compare {
namespace {

Answer answer(const std::string& body) {
  Answer out;
  out.status = 200;
  out.headers.add("content-type", "application/json");
  out.headers.add("cache-control", "no-store");
  out.headers.add("etag", "\"5f2b8c1e\"");
  out.body.append(Chunk::copy_of(body));
  return out;
}

// The argument is the size of each body.
void equal_bodies(benchmark::State& state) {
  const std::string body(static_cast<size_t>(state.range(0)), 'x');
  const Answer left = answer(body);
  const Answer right = answer(body);
  Comparer comparer;
  RuleHits hits(0);
  Result result;
  for (auto _ : state) {
    comparer.compare(left, right, Rules(), hits, result);
    if (result.settled != Settled::bytes) state.SkipWithError("not settled by bytes");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(equal_bodies)->Arg(1 << 10)->Arg(64 << 10)->Arg(1 << 20);

struct NamedPair {
  const char* name;
  JsonPair (*make)(int records);
  int records;
};
constexpr NamedPair kPairs[] = {
    {"one_value_differs", one_value_differs, 1},
    {"one_value_differs", one_value_differs, 30},
    {"one_value_differs", one_value_differs, 1000},
    {"every_record_differs", every_record_differs, 30},
    {"every_record_differs", every_record_differs, 1000},
    {"one_record_more", one_record_more, 30},
    {"one_record_more", one_record_more, 1000},
};

std::string title(const NamedPair& named) {
  return std::string(named.name) + "-" + std::to_string(named.records);
}

// Bytes are those of both sides, from text to differences.
void unequal_json(benchmark::State& state, const NamedPair& named) {
  const JsonPair pair = named.make(named.records);
  Comparer comparer;
  const Rules rules;
  RuleHits hits(0);
  Result result;
  for (auto _ : state) {
    comparer.compare_bodies(pair.left, pair.right, "application/json", rules, hits, result);
    if (result.equal()) state.SkipWithError("no difference");
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(pair.left.size() + pair.right.size()));
}

void write_pairs(const std::string& directory) {
  for (const NamedPair& named : kPairs) {
    const JsonPair pair = named.make(named.records);
    std::ofstream(directory + "/" + title(named) + ".left.json") << pair.left;
    std::ofstream(directory + "/" + title(named) + ".right.json") << pair.right;
  }
}

void read_json(benchmark::State& state) {
  const JsonPair pair = one_value_differs(static_cast<int>(state.range(0)));
  JsonReader reader;
  Document document;
  for (auto _ : state) {
    if (reader.read(pair.left, {}, document) != ReadStatus::ok) state.SkipWithError("not read");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(pair.left.size()));
}
BENCHMARK(read_json)->Arg(30)->Arg(1000);

}  // namespace
}  // namespace gnomon::compare

int main(int argc, char** argv) {
  using namespace gnomon::compare;
  constexpr std::string_view kWritePairs = "--write-pairs=";
  if (argc == 2 && std::string_view(argv[1]).starts_with(kWritePairs)) {
    write_pairs(argv[1] + kWritePairs.size());
    return 0;
  }
  for (const NamedPair& named : kPairs) {
    benchmark::RegisterBenchmark(title(named).c_str(), unequal_json, named);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
