// The central promise, over random traffic in virtual time: whatever a shadow does, the client and
// the primary see the same bytes at the same instants as without it, and every copy is accounted
// for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>

#include "backend.h"
#include "routing/trial.h"
#include "world.h"

namespace gnomon::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Requests of one client: bytes, and the pause after them.
struct Step {
  std::string bytes;
  Duration pause;
};

std::vector<Step> random_traffic(Rng& rng) {
  std::vector<Step> steps;
  const uint32_t requests = 3 + rng.below(5);
  for (uint32_t i = 0; i < requests; ++i) {
    std::string bytes;
    const std::string body(rng.below(4) == 0 ? rng.below(300'000) : rng.below(3'000), 'b');
    switch (rng.below(3)) {
      case 0:
        bytes = fmt::format("GET /{} HTTP/1.1\r\nHost: sim.test\r\n\r\n", i);
        break;
      case 1:
        bytes = fmt::format("POST /{} HTTP/1.1\r\nHost: sim.test\r\nContent-Length: {}\r\n\r\n{}",
                            i, body.size(), body);
        break;
      default:
        bytes = fmt::format(
            "PUT /{} HTTP/1.1\r\nHost: sim.test\r\nTransfer-Encoding: chunked\r\n\r\n", i);
        for (size_t at = 0; at < body.size();) {
          const size_t n = std::min<size_t>(body.size() - at, 1 + rng.below(20'000));
          bytes += fmt::format("{:x}\r\n{}\r\n", n, body.substr(at, n));
          at += n;
        }
        bytes += "0\r\nX-Trailer: end\r\n\r\n";
        break;
    }
    // Sent in pieces, so that a shadow sees bodies that are still growing.
    while (!bytes.empty()) {
      const size_t n = std::min<size_t>(bytes.size(), 1 + rng.below(60'000));
      steps.push_back({bytes.substr(0, n), milliseconds(rng.below(5))});
      bytes.erase(0, n);
    }
  }
  return steps;
}

struct Observation {
  std::string client_bytes;
  std::vector<TimePoint> instants;  // of the client's last byte, after each step
  std::vector<std::string> primary_requests;
  bool operator==(const Observation&) const = default;
};

// For failure messages: which part differs, not megabytes of bodies.
void PrintTo(const Observation& seen, std::ostream* out) {
  *out << seen.client_bytes.size() << " bytes, " << seen.primary_requests.size() << " requests:";
  for (const std::string& request : seen.primary_requests) {
    *out << ' ' << std::hash<std::string>()(request) % 10'000;
  }
  *out << ", instants:";
  for (const TimePoint instant : seen.instants) {
    *out << ' ' << std::chrono::duration_cast<milliseconds>(instant.time_since_epoch()).count();
  }
}

// Request ids are drawn at random and differ between runs; nothing else may.
std::string without_request_id(std::string request) {
  const size_t at = request.find("x-request-id: ");
  if (at != std::string::npos) request.erase(at, 14 + 36 + 2);
  return request;
}

// Where a body was cut into chunks on the way is no part of the message (RFC 9112 section 7.1).
std::string without_chunk_framing(const std::string& request) {
  if (request.find("transfer-encoding: chunked") == std::string::npos) return request;
  const size_t body = request.find("\r\n\r\n") + 4;
  std::string out = request.substr(0, body);
  for (size_t at = body; at < request.size();) {
    const size_t line = request.find("\r\n", at);
    size_t size = 0;
    std::from_chars(request.data() + at, request.data() + line, size, 16);
    if (size == 0) return out + request.substr(at);
    out += request.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
  return out;
}

enum class ShadowSetup : uint8_t { none, healthy, refused, black_hole, faulty };

struct Result {
  Observation seen;
  uint64_t requests = 0;
  uint64_t copied = 0;
  uint64_t dropped = 0;
  uint64_t answered = 0;
  uint64_t failed = 0;
  int64_t in_flight = 0;
  int64_t buffered = 0;
};

// Who compares the answers: nobody, somebody who drops them at once, somebody who has no room.
enum class Comparer : uint8_t { none, ready, saturated };

struct Comparison final : shadow::TrioSink {
  explicit Comparison(Comparer comparer) : comparer(comparer) {}
  bool take(std::unique_ptr<shadow::Trio> /*trio*/) noexcept override {
    return comparer == Comparer::ready;
  }
  const Comparer comparer;
};

Result run(uint64_t seed, ShadowSetup setup, Behaviour behaviour = Behaviour::echo,
           Comparer comparer = Comparer::none, uint32_t pipelining = 1) {
  Comparison comparison(comparer);
  World world(seed, &comparison);
  auto snapshot = std::make_shared<OneRouteSnapshot>();
  if (setup != ShadowSetup::none) {
    routing::ShadowPolicy& policy = snapshot->add_shadow("shadow", shadow_address());
    policy.timeout = seconds(5);
    policy.buffer_bytes_max = uint64_t{256} * 1024;
    policy.pipelining = pipelining;
    if (comparer != Comparer::none) policy.trial = std::make_shared<routing::Trial>();
  }
  if (setup == ShadowSetup::black_hole) world.network.black_hole(shadow_address());
  if (setup == ShadowSetup::healthy) world.add_backend(shadow_address(), Behaviour::echo);
  if (setup == ShadowSetup::faulty) world.add_backend(shadow_address(), behaviour);
  Backend& primary = world.add_backend(primary_address(), Behaviour::echo);
  world.serve(snapshot);

  Rng traffic(seed * 7919);
  const std::vector<Step> steps = random_traffic(traffic);
  Result result;
  Client client(world);
  for (const Step& step : steps) {
    client.send(step.bytes);
    world.advance(step.pause);
    result.seen.instants.push_back(client.last_byte_at());
  }
  world.advance(seconds(1));
  result.seen.instants.push_back(client.last_byte_at());
  result.seen.client_bytes = client.received();
  for (const std::string& request : primary.requests()) {
    result.seen.primary_requests.push_back(without_request_id(without_chunk_framing(request)));
  }
  world.advance(seconds(30));  // whatever the shadow still holds has to end
  shadow::ShadowStats& stats = world.shadow_stats("shadow");
  result.requests = stats.requests.value();
  result.copied = stats.copied.value();
  for (const Counter& counter : stats.dropped) result.dropped += counter.value();
  for (const Counter& counter : stats.failed) result.failed += counter.value();
  result.answered = stats.answered.total();
  result.in_flight = stats.in_flight.value();
  result.buffered = stats.buffered_bytes.value();
  return result;
}

void expect_accounted(const Result& run) {
  EXPECT_EQ(run.requests, run.seen.primary_requests.size());
  EXPECT_EQ(run.requests, run.copied + run.dropped);
  EXPECT_EQ(run.copied, run.answered + run.failed);
  EXPECT_EQ(run.in_flight, 0);
  EXPECT_EQ(run.buffered, 0);
}

constexpr uint64_t kSeeds = 8;
constexpr uint32_t kPipelining = 4;

TEST(ShadowIsolation, a_healthy_shadow_changes_nothing_and_gets_every_request) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Result without = run(seed, ShadowSetup::none);
    const Result with = run(seed, ShadowSetup::healthy);
    ASSERT_FALSE(without.seen.primary_requests.empty());
    EXPECT_EQ(with.seen, without.seen);
    expect_accounted(with);
    EXPECT_EQ(with.answered, with.requests);
  }
}

TEST(ShadowIsolation, a_shadow_that_refuses_or_swallows_connections_changes_nothing) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Result without = run(seed, ShadowSetup::none);
    for (const ShadowSetup setup : {ShadowSetup::refused, ShadowSetup::black_hole}) {
      for (const uint32_t pipelining : {1u, kPipelining}) {
        const Result with = run(seed, setup, Behaviour::echo, Comparer::none, pipelining);
        EXPECT_EQ(with.seen, without.seen);
        expect_accounted(with);
        EXPECT_EQ(with.answered, 0u);
      }
    }
  }
}

TEST(ShadowIsolation, a_healthy_shadow_that_is_pipelined_changes_nothing_and_gets_every_request) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Result without = run(seed, ShadowSetup::none);
    const Result with =
        run(seed, ShadowSetup::healthy, Behaviour::echo, Comparer::none, kPipelining);
    EXPECT_EQ(with.seen, without.seen);
    expect_accounted(with);
    EXPECT_EQ(with.answered, with.requests);
  }
}

class ShadowFault : public testing::TestWithParam<Behaviour> {};

TEST_P(ShadowFault, changes_no_byte_and_no_instant_and_is_accounted_for) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Result without = run(seed, ShadowSetup::none);
    for (const Comparer comparer : {Comparer::none, Comparer::ready, Comparer::saturated}) {
      for (const uint32_t pipelining : {1u, kPipelining}) {
        const Result with = run(seed, ShadowSetup::faulty, GetParam(), comparer, pipelining);
        EXPECT_EQ(with.seen, without.seen);
        expect_accounted(with);
        EXPECT_EQ(with.seen.client_bytes.find("EVIL"), std::string::npos);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, ShadowFault, testing::ValuesIn(kFaults),
                         [](const auto& fault) { return name_of(fault.param); });

}  // namespace
}  // namespace gnomon::sim
