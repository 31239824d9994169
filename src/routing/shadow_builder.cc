#include "routing/shadow_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "routing/trial_builder.h"

namespace gnomon::routing {
namespace {

constexpr const char* kZeroPercent = "without a percentage nothing is copied";
constexpr const char* kRedactsNothing =
    "nothing is kept, so nothing is redacted: control, compare and verdict are missing";
constexpr const char* kTooSmall = "a percentage below 0.0001 copies nothing";
constexpr size_t kNamedMax = 5;  // routes that a hint lists
constexpr const char* kPipeliningOfHttp2 =
    "has no effect: the shadow's Upstream speaks HTTP/2, where copies share connections anyway";
constexpr const char* kPipeliningOfOne =
    "has no effect: the shadow's Upstream says maxRequestsPerConnection: 1";
constexpr const char* kZeroPercentHint = "add \"percentage: 100\" to copy every request";

// What Gloo's shadowing and a ShadowTest's own shadow have in common.
struct Destination {
  const config::ResourceRef& upstream;
  const std::optional<float>& percentage;
  bool disable_host_suffix;
  const std::string& host_rewrite;
};

// Where there are Upstreams, one that a shadow names and nobody gave is a slip of the pen that
// would lose every copy. Where there are none at all nothing can be served either: it is a
// fragment, and may be looked at as Gloo's own would be.
void report_missing(BuildContext& context, const config::Metadata& owner,
                    const config::ResourceRef& ref, std::string_view field) {
  const std::string message = fmt::format("there is no Upstream {}", full_name(ref, owner));
  const std::string path = fmt::format("{}.upstream", field);
  if (context.clusters.empty()) {
    context.warning(owner, ref.at, message, path, "nothing is copied without it");
  } else {
    context.error(owner, ref.at, message, path);
  }
}

ShadowPolicy build_policy(BuildContext& context, const config::Metadata& owner,
                          const Destination& from, config::Position at, std::string_view field) {
  ShadowPolicy policy;
  policy.cluster = context.find_cluster(from.upstream, owner);
  policy.cluster_name = cluster_name(from.upstream, owner);
  policy.host_rewrite = from.host_rewrite;
  policy.append_host_suffix = !from.disable_host_suffix && from.host_rewrite.empty();
  if (policy.cluster == kNoCluster) report_missing(context, owner, from.upstream, field);
  if (from.percentage) {
    policy.per_million = per_million(*from.percentage);
    if (policy.per_million == 0 && *from.percentage > 0) {
      context.warning(owner, at, kTooSmall, fmt::format("{}.percentage", field));
    }
  } else {
    context.warning(owner, at, kZeroPercent, field, kZeroPercentHint);
  }
  return policy;
}

SampleKey build_key(const config::Sampling& sampling) {
  SampleKey key;
  key.salt = sampling.salt;
  if (!sampling.key) return key;
  if (sampling.key->header) {
    key.kind = SampleKey::Kind::header;
    key.name = *sampling.key->header;
  } else if (sampling.key->cookie) {
    key.kind = SampleKey::Kind::cookie;
    key.name = *sampling.key->cookie;
  } else if (sampling.key->client_address) {
    key.kind = SampleKey::Kind::client_address;
  }
  return key;
}

void refine_request(const config::ShadowRequest& request, ShadowPolicy& policy) {
  policy.methods = request.methods;
  if (request.timeout) policy.timeout = to_millis(*request.timeout);
  if (!request.host_rewrite.empty()) {
    policy.host_rewrite = request.host_rewrite;
    policy.append_host_suffix = false;
  }
  if (!request.headers) return;
  for (const std::string& name : request.headers->remove) {
    policy.edits.push_back({HeaderEdit::Op::remove, name, {}, nullptr});
  }
  for (const auto& [name, value] : request.headers->set) {
    policy.edits.push_back({HeaderEdit::Op::set, name, value, nullptr});
  }
}

void refine_limits(const config::ShadowLimits& limits, ShadowPolicy& policy) {
  policy.in_flight_max = limits.in_flight.value_or(policy.in_flight_max);
  if (limits.buffer_bytes) policy.buffer_bytes_max = limits.buffer_bytes->value;
  policy.requests_per_second = limits.requests_per_second.value_or(policy.requests_per_second);
  if (limits.client_share) {
    policy.client_per_thousand = static_cast<uint32_t>(std::lround(*limits.client_share * 1000));
  }
}

void refine_pipelining(BuildContext& context, const config::ShadowTest& test,
                       ShadowPolicy& policy) {
  policy.pipelining = test.pipelining->depth;
  if (policy.cluster == kNoCluster) return;
  const ConnectionRules& rules = context.clusters[policy.cluster].connection;
  if (rules.http2 && !rules.follow_client) {
    context.warning(test.metadata, test.pipelining->at, kPipeliningOfHttp2, "pipelining");
  } else if (rules.requests_max == 1) {
    context.warning(test.metadata, test.pipelining->at, kPipeliningOfOne, "pipelining");
  }
}

// The control is the same copy under another name, to an upstream that each request decides.
std::shared_ptr<const ShadowPolicy> build_control(const config::ControlSpec& control,
                                                  const ShadowPolicy& candidate) {
  auto policy = std::make_shared<ShadowPolicy>(candidate);
  policy->name += ".control";
  policy->cluster = kNoCluster;
  policy->cluster_name.clear();
  policy->per_million = per_million(control.percentage.value_or(100.0F));
  return policy;
}

void refine(BuildContext& context, const config::ShadowTest& test, ShadowPolicy& policy) {
  policy.name = test.metadata.full_name();
  if (test.sampling) policy.key = build_key(*test.sampling);
  if (test.request) refine_request(*test.request, policy);
  if (test.limits) refine_limits(*test.limits, policy);
  if (test.pipelining) refine_pipelining(context, test, policy);
  // Rules that nobody will ask have to be rules all the same.
  std::shared_ptr<const Trial> trial = build_trial(context, test, policy);
  if (!compares(test)) {
    if (trial != nullptr && !test.redact.empty()) {
      context.warning(test.metadata, test.redact.front().at, kRedactsNothing, "redact");
    }
    return;
  }
  if (test.control) policy.control = build_control(*test.control, policy);
  policy.trial = std::move(trial);
}

class ShadowTestBuilder {
 public:
  ShadowTestBuilder(BuildContext& context, std::span<VirtualHost> hosts)
      : context_(context), hosts_(hosts) {
    for (size_t i = 0; i < hosts.size(); ++i) {
      by_name_.emplace(context.resources.virtual_services[i].metadata.full_name(), i);
      for (const Route& route : hosts[i].routes) {
        if (!route.shadows.empty()) shadowed_.insert(&route);
      }
    }
  }

  void apply(const config::ShadowTest& test) {
    Route* route = find_route(test);
    if (route == nullptr) return;
    if (test.shadow) {
      add_shadow(test, *route);
    } else {
      refine_own_shadow(test, *route);
    }
  }

 private:
  Route* find_route(const config::ShadowTest& test) {
    if (test.target.virtual_service.empty()) return nullptr;  // reported when it was read
    const std::string& own = test.metadata.name_space;
    const std::string name =
        fmt::format("{}.{}", test.target.name_space.empty() ? own : test.target.name_space,
                    test.target.virtual_service);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      context_.error(test.metadata, test.target.at,
                     fmt::format("there is no VirtualService {}", name), "target.virtualService");
      return nullptr;
    }
    return test.target.route.value.empty() ? find_only_route(test, found->second)
                                           : find_named_route(test, found->second);
  }

  // By the name of the route itself, or in full where several RouteTables have one of that name.
  static bool is_named(const Route& route, std::string_view host, std::string_view name) {
    return route.origins.back().name == name ||
           std::string_view(route.name).substr(host.size() + 1) == name;
  }

  Route* find_named_route(const config::ShadowTest& test, size_t host) {
    std::vector<Route*> found;
    const std::string& host_name = hosts_[host].name;
    for (Route& route : hosts_[host].routes) {
      if (is_named(route, host_name, test.target.route.value)) found.push_back(&route);
    }
    if (found.size() == 1) return found[0];
    std::vector<std::string_view> names;
    for (const Route* route : found) {
      if (names.size() == kNamedMax) break;
      names.push_back(std::string_view(route->name).substr(host_name.size() + 1));
    }
    const bool delegated =
        std::ranges::any_of(found, [](const Route* route) { return route->origins.size() > 1; });
    context_.error(
        test.metadata, test.target.route.at,
        fmt::format("{} has {} named {}", host_name, found.empty() ? "no route" : "several routes",
                    test.target.route.value),
        "target.route",
        found.empty() ? "a route gets a name by its field \"name\""
        : delegated   ? fmt::format("write one of {}", fmt::join(names, ", "))
                      : std::string());
    return nullptr;
  }

  // Without a name: the one route with options.shadowing, or the one route there is.
  Route* find_only_route(const config::ShadowTest& test, size_t host) {
    std::vector<Route*> shadowed;
    std::vector<Route*> forwarding;
    for (Route& route : hosts_[host].routes) {
      if (!route.clusters.empty()) forwarding.push_back(&route);
      if (shadowed_.contains(&route)) shadowed.push_back(&route);
    }
    if (shadowed.size() == 1) return shadowed[0];
    if (test.shadow && shadowed.empty() && forwarding.size() == 1) return forwarding[0];
    context_.error(test.metadata, test.target.at,
                   fmt::format("{} has {} shadowed routes; the test must name one",
                               hosts_[host].name, shadowed.size()),
                   "target", "add \"route\" with the route's name");
    return nullptr;
  }

  void add_shadow(const config::ShadowTest& test, Route& route) {
    if (route.clusters.empty()) {
      context_.error(
          test.metadata, test.target.at,
          fmt::format("{} sends requests nowhere, so there is nothing to copy", route.name),
          "target");
      return;
    }
    const config::ShadowDestination& shadow = *test.shadow;
    const Destination destination{shadow.upstream, shadow.percentage, shadow.disable_host_suffix,
                                  shadow.host_rewrite};
    ShadowPolicy policy = build_policy(context_, test.metadata, destination, shadow.at, "shadow");
    refine(context_, test, policy);
    route.shadows.push_back(std::move(policy));
  }

  // A route's own shadow, if it has one, stands first.
  void refine_own_shadow(const config::ShadowTest& test, Route& route) {
    if (route.shadows.empty()) {
      context_.error(test.metadata, test.target.at,
                     fmt::format("{} has no options.shadowing to refine", route.name), "target",
                     "give this test a \"shadow\" of its own, or the route options.shadowing");
      return;
    }
    const auto [first, fresh] = refiners_.emplace(&route, test.metadata.full_name());
    if (!fresh) {
      context_.error(test.metadata, test.target.at,
                     fmt::format("the shadowing of {} is already refined by the ShadowTest {}",
                                 route.name, first->second),
                     "target", "give this test a \"shadow\" of its own to add one more copy");
      return;
    }
    refine(context_, test, route.shadows.front());
  }

  BuildContext& context_;
  std::span<VirtualHost> hosts_;
  std::map<std::string, size_t> by_name_;
  std::set<const Route*> shadowed_;  // by options.shadowing
  std::map<const Route*, std::string>
      refiners_;  // the ShadowTest that refines a route's own shadow
};

}  // namespace

uint32_t per_million(float percentage) noexcept {
  if (!(percentage > 0)) return 0;
  if (percentage >= 100) return 1'000'000;
  return static_cast<uint32_t>(percentage * 10000.0F);
}

void build_route_shadow(BuildContext& context, const config::Metadata& owner,
                        const config::Shadowing& shadowing, std::string_view label,
                        std::string_view field, Route& route) {
  const Destination destination{shadowing.upstream, shadowing.percentage,
                                shadowing.disable_host_suffix, shadowing.host_rewrite};
  ShadowPolicy policy = build_policy(context, owner, destination, shadowing.at, field);
  policy.name = label;
  route.shadows.push_back(std::move(policy));
}

void apply_shadow_tests(BuildContext& context, std::span<VirtualHost> hosts) {
  ShadowTestBuilder builder(context, hosts);
  // Refiners first: they look for the route's own shadow, which stands alone until others are
  // added.
  for (const config::ShadowTest& test : context.resources.shadow_tests) {
    if (!test.shadow) builder.apply(test);
  }
  for (const config::ShadowTest& test : context.resources.shadow_tests) {
    if (test.shadow) builder.apply(test);
  }
}

}  // namespace gnomon::routing
