// Hosts among which a balancer chooses: all of an upstream, or one of its subsets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "proxy/edf.h"
#include "proxy/maglev.h"
#include "proxy/ring_hash.h"
#include "routing/plan.h"

namespace gnomon::proxy {

// A host as balancers know it. `active` counts its requests in progress.
struct BalancedHost {
  uint32_t id = 0;  // what pick() returns
  std::string key;  // that consistent hashing goes by
  uint32_t weight = 1;
  TimePoint since{};  // when it was added or recovered
  bool healthy = true;
  const uint32_t* active = nullptr;
};

class HostGroup {
 public:
  // Replaces the hosts: tables are made here, never while a request waits for a pick.
  void assign(std::vector<BalancedHost> hosts, routing::Balance balance,
              const routing::BalanceOptions& options, TimePoint now, Rng& rng);

  // Id of the host for a request, or nothing.
  std::optional<uint32_t> pick(std::optional<uint64_t> hash, TimePoint now, Rng& rng);

  bool empty() const noexcept { return total_ == 0; }
  // Too few hosts are healthy to leave the others out.
  bool panic() const noexcept { return panic_; }

 private:
  void build_tables();
  void build_schedule(TimePoint now, Rng& rng);
  double weight_at(uint32_t index, TimePoint now) const;
  uint32_t pick_index(std::optional<uint64_t> hash, TimePoint now, Rng& rng);
  uint32_t pick_random(Rng& rng) const;
  uint32_t pick_least_active(Rng& rng) const;

  std::vector<BalancedHost> hosts_;  // those that are used
  size_t total_ = 0;
  bool panic_ = false;
  routing::Balance balance_ = routing::Balance::round_robin;
  routing::BalanceOptions options_;
  uint64_t next_ = 0;
  TimePoint slow_until_{};           // some host starts slowly until then
  EdfSchedule schedule_;             // empty while all weights are equal
  std::vector<uint64_t> weight_to_;  // running sums, for random; empty while all are equal
  RingHash ring_;
  Maglev maglev_;
};

// The share of its weight that a host has `age` after it was added or has recovered.
double slow_start_factor(const routing::SlowStart& slow_start, Duration age);

}  // namespace gnomon::proxy
