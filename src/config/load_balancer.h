// How an Upstream's endpoints share its requests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/scalar.h"
#include "config/source.h"

namespace gnomon::config {

template <typename T>
class Schema;
template <typename T>
struct Reader;
template <typename E>
struct EnumName;
class Node;
class Scope;

struct SlowStartConfig {
  std::optional<Duration> window;
  std::optional<double> aggression;
  std::optional<double> min_weight_percent;
};

struct RoundRobin {
  std::optional<SlowStartConfig> slow_start;
};
struct LeastRequest {
  uint32_t choice_count = 0;  // 0: Envoy's default
  std::optional<SlowStartConfig> slow_start;
};
struct RandomChoice {};
struct RingHashConfig {
  uint64_t minimum_ring_size = 0;  // 0: Envoy's default
  uint64_t maximum_ring_size = 0;
};
struct RingHash {
  std::optional<RingHashConfig> config;
};
struct Maglev {};

struct LoadBalancer {
  std::optional<RoundRobin> round_robin;
  std::optional<LeastRequest> least_request;
  std::optional<RandomChoice> random;
  std::optional<RingHash> ring_hash;
  std::optional<Maglev> maglev;
  std::optional<double> healthy_panic_threshold;
  bool use_hostname_for_hashing = false;
  bool close_connections_on_host_set_change = false;
};

enum class SubsetFallback : uint8_t { any_endpoint, default_subset, no_fallback };
std::span<const EnumName<SubsetFallback>> enum_names(SubsetFallback tag);

struct SubsetSelector {
  std::vector<std::string> keys;
  bool single_host_per_subset = false;
};
struct SubsetValues {
  Position at;
  std::map<std::string, std::string> values;
};
struct SubsetSpec {
  std::vector<SubsetSelector> selectors;
  SubsetFallback fallback = SubsetFallback::any_endpoint;
  std::optional<SubsetValues> default_subset;
};

// An endpoint's metadata by filter, of which "envoy.lb" holds the labels that subsets go by.
struct HostMetadata {
  std::map<std::string, std::string> labels;
};
template <>
struct Reader<HostMetadata> {
  static bool read(const Node& node, const Scope& scope, HostMetadata& out);
};

void describe(Schema<SlowStartConfig>& s);
void describe(Schema<RoundRobin>& s);
void describe(Schema<LeastRequest>& s);
void describe(Schema<RandomChoice>& s);
void describe(Schema<RingHashConfig>& s);
void describe(Schema<RingHash>& s);
void describe(Schema<Maglev>& s);
void describe(Schema<LoadBalancer>& s);
void describe(Schema<SubsetSelector>& s);
void describe(Schema<SubsetValues>& s);
void describe(Schema<SubsetSpec>& s);

}  // namespace gnomon::config
