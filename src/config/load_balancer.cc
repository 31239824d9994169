#include "config/load_balancer.h"

#include "config/rules.h"
#include "config/schema.h"

namespace gnomon::config {
namespace {

constexpr uint64_t kRingMax = 8u << 20;  // Envoy's limit
constexpr std::string_view kLabelsFilter = "envoy.lb";

bool check_ring(const RingHashConfig& ring, const Node& node, const Scope& scope) {
  const uint64_t least = ring.minimum_ring_size == 0 ? 1024 : ring.minimum_ring_size;
  const uint64_t most = ring.maximum_ring_size == 0 ? kRingMax : ring.maximum_ring_size;
  if (least <= most) return true;
  scope.error(node.at(),
              fmt::format("minimumRingSize ({}) is more than maximumRingSize ({})", least, most));
  return false;
}

// 0 is as good as absent, and comparing one endpoint with none is no comparison.
struct ChoiceCount {
  bool operator()(uint32_t count, const Node& node, const Scope& scope) const {
    if (count == 0 || count >= 2) return true;
    scope.error(node.at(), fmt::format("must be 2 or more, is {}", node.text()));
    return false;
  }
};

bool check_fallback(const SubsetSpec& spec, const Node& node, const Scope& scope) {
  if (spec.fallback != SubsetFallback::default_subset || spec.default_subset) return true;
  scope.error(node.at(), "fallbackPolicy DEFAULT_SUBSET needs a defaultSubset");
  return false;
}

bool read_labels(const Node& node, const Scope& scope, HostMetadata& out) {
  if (!node.is_mapping()) return refuse(node, scope, "a mapping");
  for (const Entry& entry : node.entries()) {
    std::string value;
    const bool is_string =
        entry.value->is_scalar() &&
        (!entry.value->is_plain() || classify(entry.value->text()) == ScalarType::string);
    if (is_string) {
      out.labels.emplace(entry.key->text(), entry.value->text());
    } else {
      scope.field(entry.key->text())
          .warning(entry.value->at(), "is no string, so that no subset can ask for it",
                   "put it in quotes");
    }
  }
  return true;
}

}  // namespace

bool Reader<HostMetadata>::read(const Node& node, const Scope& scope, HostMetadata& out) {
  if (!node.is_mapping()) return refuse(node, scope, "a mapping");
  bool good = true;
  for (const Entry& entry : node.entries()) {
    const Scope inner = scope.field(entry.key->text());
    if (!entry.value->is_mapping()) {
      good = refuse(*entry.value, inner, "a mapping");
    } else if (entry.key->text() == kLabelsFilter) {
      good &= read_labels(*entry.value, inner, out);
    }
  }
  return good;
}

std::span<const EnumName<SubsetFallback>> enum_names(SubsetFallback /*tag*/) {
  static constexpr EnumName<SubsetFallback> kNames[] = {
      {"ANY_ENDPOINT", SubsetFallback::any_endpoint},
      {"DEFAULT_SUBSET", SubsetFallback::default_subset},
      {"NO_FALLBACK", SubsetFallback::no_fallback}};
  return kNames;
}

void describe(Schema<SlowStartConfig>& s) {
  s.field("slowStartWindow", &SlowStartConfig::window, kNotNegative);
  s.field("aggression", &SlowStartConfig::aggression, kPositive);
  s.field("minWeightPercent", &SlowStartConfig::min_weight_percent, in_range(0.0, 100.0));
}

void describe(Schema<RoundRobin>& s) { s.field("slowStartConfig", &RoundRobin::slow_start); }
void describe(Schema<LeastRequest>& s) {
  s.field("choiceCount", &LeastRequest::choice_count, ChoiceCount{});
  s.field("slowStartConfig", &LeastRequest::slow_start);
}
void describe(Schema<RandomChoice>& /*s*/) {}
void describe(Schema<RingHashConfig>& s) {
  s.field("minimumRingSize", &RingHashConfig::minimum_ring_size, in_range<uint64_t>(0, kRingMax));
  s.field("maximumRingSize", &RingHashConfig::maximum_ring_size, in_range<uint64_t>(0, kRingMax));
  s.check(check_ring);
}
void describe(Schema<RingHash>& s) { s.field("ringHashConfig", &RingHash::config); }
void describe(Schema<Maglev>& /*s*/) {}

void describe(Schema<LoadBalancer>& s) {
  s.field("roundRobin", &LoadBalancer::round_robin);
  s.field("leastRequest", &LoadBalancer::least_request);
  s.field("random", &LoadBalancer::random);
  s.field("ringHash", &LoadBalancer::ring_hash);
  s.field("maglev", &LoadBalancer::maglev);
  s.one_of({"roundRobin", "leastRequest", "random", "ringHash", "maglev"});
  s.field("healthyPanicThreshold", &LoadBalancer::healthy_panic_threshold, in_range(0.0, 100.0));
  s.field("useHostnameForHashing", &LoadBalancer::use_hostname_for_hashing);
  s.field("closeConnectionsOnHostSetChange", &LoadBalancer::close_connections_on_host_set_change);
  s.unserved({"localityWeightedLbConfig"}, "endpoints have no localities; it has no effect");
  s.unserved({"updateMergeWindow"}, "changes of endpoints take effect at once; it has no effect");
}

void describe(Schema<SubsetSelector>& s) {
  s.field("keys", &SubsetSelector::keys, kNotEmpty);
  s.field("singleHostPerSubset", &SubsetSelector::single_host_per_subset);
}
void describe(Schema<SubsetValues>& s) { s.field("values", &SubsetValues::values); }
void describe(Schema<SubsetSpec>& s) {
  s.field("selectors", &SubsetSpec::selectors);
  s.field("fallbackPolicy", &SubsetSpec::fallback);
  s.field("defaultSubset", &SubsetSpec::default_subset);
  s.check(check_fallback);
}

}  // namespace gnomon::config
