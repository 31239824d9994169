#include "routing/route_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "routing/reachability.h"
#include "routing/shadow_builder.h"

namespace gnomon::routing {
namespace {

struct RetryCondition {
  std::string_view name;
  uint32_t bit;  // 0: known to Envoy, not served yet
};

constexpr std::array<RetryCondition, 17> kRetryConditions{{
    {"5xx", kRetry5xx},
    {"gateway-error", kRetryGatewayError},
    {"reset", kRetryReset},
    {"connect-failure", kRetryConnectFailure},
    {"retriable-4xx", kRetryRetriable4xx},
    {"refused-stream", kRetryRefusedStream},
    {"retriable-status-codes", kRetryRetriableStatusCodes},
    {"reset-before-request", 0},
    {"envoy-ratelimited", 0},
    {"retriable-headers", 0},
    {"http3-post-connect-failure", 0},
    {"cancelled", 0},
    {"deadline-exceeded", 0},
    {"internal", 0},
    {"resource-exhausted", 0},
    {"unavailable", 0},
    {"unknown", 0},
}};

constexpr std::array<uint16_t, 5> kRedirectStatus{301, 302, 303, 307, 308};

// Fields that never reach the matcher as headers, because the codecs take them out.
constexpr std::array<std::string_view, 6> kUnmatchableHeaders{
    "connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding"};

// A % command is left as it stands; only the escape for one percent sign is undone.
std::string unescape_percent(std::string_view value) {
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) {
    out.push_back(value[i]);
    if (value.substr(i).starts_with("%%")) ++i;
  }
  return out;
}

// Removals before additions, as Envoy evaluates one level of headerManipulation.
void add_edits(const std::vector<std::string>& remove, const std::vector<config::HeaderAdd>& add,
               std::vector<HeaderEdit>& out) {
  for (const std::string& name : remove) out.push_back({HeaderEdit::Op::remove, name, {}});
  for (const config::HeaderAdd& edit : add) {
    const auto op = edit.append ? HeaderEdit::Op::append : HeaderEdit::Op::set;
    out.push_back({op, edit.header.key, unescape_percent(edit.header.value)});
  }
}

void add_edits(const std::optional<config::HeaderManipulation>& headers, Route& route) {
  if (!headers) return;
  add_edits(headers->request_remove, headers->request_add, route.request_edits);
  add_edits(headers->response_remove, headers->response_add, route.response_edits);
}

// Builds one virtual host; knows its VirtualService and keeps the path of the route at hand.
class VirtualHostBuilder {
 public:
  VirtualHostBuilder(BuildContext& context, const config::VirtualService& service)
      : context_(context), service_(service), owner_(service.metadata) {}

  VirtualHost build() {
    VirtualHost host;
    host.name = owner_.full_name();
    host.source = context_.source_of(owner_.at);
    if (!service_.virtual_host) {
      if (!owner_.broken) {
        context_.warning(owner_, owner_.at,
                         fmt::format("the VirtualService {} has no virtualHost", host.name));
      }
      return host;
    }
    build_domains(host);
    std::vector<RouteRule> rules;
    const std::vector<config::Route>& routes = service_.virtual_host->routes;
    host.routes.reserve(routes.size());
    for (size_t i = 0; i < routes.size(); ++i) {
      path_ = fmt::format("virtualHost.routes[{}]", i);
      host.routes.push_back(build_route(routes[i], i));
      build_rules(routes[i], static_cast<uint32_t>(i), rules);
    }
    report_hidden_routes(rules, routes);
    host.table = RouteTable(std::move(rules));
    return host;
  }

 private:
  void error(config::Position at, std::string message, std::string_view field,
             std::string hint = {}) {
    context_.error(owner_, at, std::move(message), fmt::format("{}.{}", path_, field),
                   std::move(hint));
  }
  void warning(config::Position at, std::string message, std::string_view field,
               std::string hint = {}) {
    context_.warning(owner_, at, std::move(message), fmt::format("{}.{}", path_, field),
                     std::move(hint));
  }

  // No domains, or a single empty one, stand for all.
  void build_domains(VirtualHost& host) {
    const auto& domains = service_.virtual_host->domains;
    if (domains.empty() || (domains.size() == 1 && domains[0].value.empty())) {
      host.domains.emplace_back("*");
      return;
    }
    for (size_t i = 0; i < domains.size(); ++i) {
      if (const char* problem = domain_problem(domains[i].value)) {
        context_.error(owner_, domains[i].at, fmt::format("the domain is invalid: {}", problem),
                       fmt::format("virtualHost.domains[{}]", i));
      } else {
        host.domains.push_back(domains[i].value);
      }
    }
  }

  Route build_route(const config::Route& from, size_t index) {
    Route route;
    const std::string label = from.name.value.empty() ? std::to_string(index) : from.name.value;
    route.name = fmt::format("{}/{}", owner_.full_name(), label);
    route.source = context_.source_of(from.at);
    if (from.redirect) {
      route.redirect = build_redirect(*from.redirect);
    } else if (from.direct) {
      route.direct = DirectResponse{from.direct->status, from.direct->body};
    } else {
      build_destinations(from, route);
    }
    build_options(from, route, label);
    return route;
  }

  static Redirect build_redirect(const config::RedirectAction& from) {
    Redirect to;
    to.status = kRedirectStatus[static_cast<size_t>(from.code)];
    to.host = from.host;
    to.path = from.path;
    to.prefix = from.prefix_rewrite;
    to.https = from.https;
    to.strip_query = from.strip_query;
    to.port = from.port;
    return to;
  }

  // A route whose destinations are of a kind that is not served yet has one cluster that does not
  // exist: it matches and answers 503.
  void build_destinations(const config::Route& from, Route& route) {
    if (from.action && from.action->multi) {
      const auto& destinations = from.action->multi->destinations;
      for (size_t i = 0; i < destinations.size(); ++i) {
        const config::WeightedDestination& destination = destinations[i];
        const std::string field =
            fmt::format("routeAction.multi.destinations[{}].destination.upstream", i);
        route.clusters.push_back(
            build_destination(destination.destination, destination.weight, field));
        route.total_weight += destination.weight;
      }
    } else if (from.action && from.action->single) {
      route.clusters.push_back(
          build_destination(*from.action->single, 1, "routeAction.single.upstream"));
      route.total_weight = 1;
    } else {
      route.clusters.push_back({kNoCluster, 1, "not served yet"});
      route.total_weight = 1;
    }
  }

  WeightedCluster build_destination(const config::Destination& from, uint32_t weight,
                                    std::string_view field) {
    if (!from.upstream) return {kNoCluster, weight, "not served yet"};
    const ClusterId cluster = context_.find_cluster(*from.upstream, owner_);
    if (cluster == kNoCluster) {
      warning(from.upstream->at,
              fmt::format("there is no Upstream {}; requests get 503",
                          full_name(*from.upstream, owner_)),
              field);
    }
    return {cluster, weight, cluster_name(*from.upstream, owner_)};
  }

  void build_options(const config::Route& from, Route& route, std::string_view label) {
    const auto& host_options = service_.virtual_host->options;
    const config::Retries* retries = nullptr;
    std::string_view retries_field = "options.retries";
    if (from.options) {
      const config::RouteOptions& options = *from.options;
      if (from.redirect || from.direct) warn_of_idle_options(options);
      if (options.timeout) route.timeout = to_millis(*options.timeout);
      route.prefix_rewrite = options.prefix_rewrite;
      route.host_rewrite = options.host_rewrite;
      add_edits(options.headers, route);
      if (options.retries) retries = &*options.retries;
      if (options.shadowing && !from.redirect && !from.direct) {
        build_route_shadow(context_, service_, *options.shadowing,
                           fmt::format("{}.{}", owner_.full_name(), label),
                           path_ + ".options.shadowing", route);
      }
    }
    // The more specific level first, as in Envoy.
    if (host_options) add_edits(host_options->headers, route);
    if (retries == nullptr && host_options && host_options->retries) {
      retries = &*host_options->retries;
      retries_field = "";
    }
    if (retries != nullptr) build_retries(*retries, retries_field, route.retry);
  }

  // Gloo passes over these in silence where nothing is sent on.
  void warn_of_idle_options(const config::RouteOptions& options) {
    std::vector<std::string_view> idle;
    if (options.timeout) idle.emplace_back("timeout");
    if (options.prefix_rewrite) idle.emplace_back("prefixRewrite");
    if (!options.host_rewrite.empty()) idle.emplace_back("hostRewrite");
    if (options.retries) idle.emplace_back("retries");
    if (idle.empty()) return;
    warning(options.at,
            fmt::format("no effect on a redirect or direct response: {}", fmt::join(idle, ", ")),
            "options");
  }

  // `field` is empty for the virtual host's retries, which are reported once and not per route.
  void build_retries(const config::Retries& from, std::string_view field, RetryPolicy& to) {
    const bool silent = field.empty() && host_retries_reported_;
    if (field.empty()) host_retries_reported_ = true;
    to.on = build_retry_conditions(from.on, silent);
    to.count = from.count == 0 ? 1 : from.count;
    to.per_try_timeout = to_millis(from.per_try_timeout);
    to.status_codes = from.status_codes;
    if (!from.back_off || !from.back_off->base) return;
    constexpr int kDefaultSpread = 10;  // Envoy: the maximum is ten times the base
    to.base_interval = to_millis(*from.back_off->base);
    to.max_interval =
        from.back_off->max ? to_millis(*from.back_off->max) : to.base_interval * kDefaultSpread;
  }

  uint32_t build_retry_conditions(const config::Located<std::string>& on, bool silent) {
    uint32_t bits = 0;
    std::string_view rest = on.value;
    while (!rest.empty()) {
      std::string_view word = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      while (word.starts_with(' ')) word.remove_prefix(1);
      while (word.ends_with(' ')) word.remove_suffix(1);
      if (word.empty()) continue;
      const auto found = std::ranges::find(kRetryConditions, word, &RetryCondition::name);
      if (found != kRetryConditions.end()) bits |= found->bit;
      if (silent || (found != kRetryConditions.end() && found->bit != 0)) continue;
      context_.warning(owner_, on.at,
                       fmt::format("retryOn: \"{}\" {}", word,
                                   found == kRetryConditions.end() ? "is not a known condition"
                                                                   : "is not implemented yet"));
    }
    return bits;
  }

  void build_rules(const config::Route& from, uint32_t route, std::vector<RouteRule>& rules) {
    if (from.matchers.empty()) {
      RouteRule rule;
      rule.path = "/";
      rule.route = route;
      rules.push_back(std::move(rule));
    }
    for (size_t i = 0; i < from.matchers.size(); ++i) {
      rules.push_back(build_rule(from.matchers[i], fmt::format("matchers[{}]", i)));
      rules.back().route = route;
    }
  }

  // A route is out of reach when every one of its rules is.
  void report_hidden_routes(std::span<const RouteRule> rules,
                            const std::vector<config::Route>& routes) {
    const std::vector<std::optional<uint32_t>> hidden_by = find_hidden_rules(rules);
    for (size_t first = 0; first < rules.size();) {
      size_t last = first;
      bool hidden = true;
      for (; last < rules.size() && rules[last].route == rules[first].route; ++last) {
        // A rule of the same route hides nothing from anybody.
        hidden &= hidden_by[last] && rules[*hidden_by[last]].route != rules[last].route;
      }
      if (hidden) {
        const uint32_t other = rules[*hidden_by[first]].route;
        context_.warning(owner_, routes[rules[first].route].at,
                         fmt::format("no request reaches this route; the one at {} takes them all",
                                     context_.source_of(routes[other].at)),
                         fmt::format("virtualHost.routes[{}]", rules[first].route),
                         "routes are tried in the order in which they are written");
      }
      first = last;
    }
  }

  RouteRule build_rule(const config::Matcher& from, const std::string& field) {
    RouteRule rule;
    rule.case_sensitive = from.case_sensitive;
    if (from.exact) {
      rule.kind = RouteRule::Path::exact;
      rule.path = *from.exact;
    } else if (from.regex) {
      rule.regex = compile(*from.regex, field + ".regex");
      rule.kind = rule.regex != nullptr ? RouteRule::Path::regex : RouteRule::Path::never;
    } else if (from.connect.value) {
      rule.kind = RouteRule::Path::never;
    } else {
      rule.path = from.prefix.value_or("/");
    }
    build_methods(from, field, rule.condition);
    build_headers(from, field, rule.condition);
    for (size_t i = 0; i < from.query_parameters.size(); ++i) {
      const config::QueryMatcher& query = from.query_parameters[i];
      rule.condition.query.push_back(
          {query.name, build_value(query.value, query.regex,
                                   fmt::format("{}.queryParameters[{}].value", field, i))});
    }
    return rule;
  }

  RegexPtr compile(const config::Located<std::string>& pattern, std::string_view field) {
    Compiled compiled = compile_regex(pattern.value);
    if (compiled.regex == nullptr) {
      error(pattern.at, fmt::format("invalid regular expression: {}", compiled.error), field,
            "the syntax is that of RE2, without look-around and back-references");
    }
    return std::move(compiled.regex);
  }

  ValueCondition build_value(const config::Located<std::string>& value, bool regex,
                             std::string_view field) {
    if (value.value.empty()) return {};
    if (regex) return {std::nullopt, compile(value, field)};
    return {value.value, nullptr};
  }

  // Gloo joins methods into one regular expression, so each may be one itself; a plain name need
  // not be.
  void build_methods(const config::Matcher& from, const std::string& field,
                     RequestCondition& condition) {
    for (size_t i = 0; i < from.methods.size(); ++i) {
      const config::Located<std::string>& method = from.methods[i];
      const bool plain = std::ranges::all_of(method.value, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
      });
      if (plain) {
        condition.methods.push_back({method.value, nullptr});
      } else if (RegexPtr regex = compile(method, fmt::format("{}.methods[{}]", field, i))) {
        condition.methods.push_back({std::nullopt, std::move(regex)});
      }
    }
  }

  void build_headers(const config::Matcher& from, const std::string& field,
                     RequestCondition& condition) {
    for (size_t i = 0; i < from.headers.size(); ++i) {
      const config::HeaderMatcher& header = from.headers[i];
      const std::string path = fmt::format("{}.headers[{}]", field, i);
      const bool known = std::ranges::any_of(kUnmatchableHeaders, [&](std::string_view name) {
        return equals_ignore_case(name, header.name);
      });
      if (known) {
        warning(header.at,
                fmt::format("\"{}\" belongs to the connection and never matches", header.name),
                path);
      }
      condition.headers.push_back(
          {header.name, build_value(header.value, header.regex, path + ".value"), header.invert});
    }
  }

  BuildContext& context_;
  const config::VirtualService& service_;
  const config::Metadata& owner_;
  std::string path_;  // of the route in hand, below the spec
  bool host_retries_reported_ = false;
};

}  // namespace

VirtualHost build_virtual_host(BuildContext& context, const config::VirtualService& service) {
  return VirtualHostBuilder(context, service).build();
}

}  // namespace gnomon::routing
