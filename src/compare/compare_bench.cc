// Run with --benchmark_filter=... ; bench/jsondiffpatch.mjs measures the same pairs with that
// library.
#include <benchmark/benchmark.h>

#include <string>

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

// The argument is the number of records in each body; bytes are those of one side.
template <JsonPair (*Make)(int records)>
void unequal_json(benchmark::State& state) {
  const JsonPair pair = Make(static_cast<int>(state.range(0)));
  Comparer comparer;
  RuleHits hits(0);
  Result result;
  for (auto _ : state) {
    comparer.compare_bodies(pair.left, pair.right, "application/json", Rules(), hits, result);
    if (result.equal()) state.SkipWithError("no difference");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(pair.left.size()));
}
BENCHMARK(unequal_json<one_value_differs>)->Arg(1)->Arg(30)->Arg(1000);
BENCHMARK(unequal_json<every_record_differs>)->Arg(30)->Arg(1000);
BENCHMARK(unequal_json<one_record_more>)->Arg(30)->Arg(1000);

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
