#include "routing/route_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

#include "config/text_rules.h"
#include "routing/effective_options.h"
#include "routing/options_builder.h"
#include "routing/reachability.h"
#include "routing/shadow_builder.h"

namespace gnomon::routing {
namespace {

constexpr std::array<uint16_t, 5> kRedirectStatus{301, 302, 303, 307, 308};

// Fields that never reach the matcher as headers, because the codecs take them out.
constexpr std::array<std::string_view, 6> kUnmatchableHeaders{
    "connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding"};

using HostOptionsLayer = OptionsLayer<config::VirtualHostOptions>;

// Builds one virtual host; keeps the place of the route at hand.
class VirtualHostBuilder {
 public:
  VirtualHostBuilder(BuildContext& context, RouteSources& sources,
                     const config::VirtualService& service)
      : context_(context), sources_(sources), service_(service), owner_(&service.metadata) {}

  VirtualHost build() {
    VirtualHost host;
    host.name = owner_->full_name();
    host.source = context_.source_of(owner_->at);
    if (!service_.virtual_host) {
      if (!owner_->broken) {
        context_.warning(*owner_, owner_->at,
                         fmt::format("the VirtualService {} has no virtualHost", host.name));
      }
      return host;
    }
    build_domains(host);
    build_host_options(host);
    const FlatRoutes flat = sources_.delegation.flatten(service_);
    std::vector<RouteRule> rules;
    host.routes.reserve(flat.routes.size());
    for (const FlatRoute& from : flat.routes) {
      enter(from);
      host.routes.push_back(build_route(from));
      build_rules(from.matchers(), static_cast<uint32_t>(host.routes.size() - 1), rules);
    }
    report_hidden_routes(rules, flat.routes);
    context_.clear_reached();
    host.table = RouteTable(std::move(rules));
    return host;
  }

 private:
  // Problems are told of the route that acts, with the one that led there.
  void enter(const FlatRoute& flat) {
    owner_ = flat.leaf().owner;
    path_ = flat.leaf().field();
    if (flat.steps.size() < 2) return context_.clear_reached();
    const RouteStep& from = flat.steps[flat.steps.size() - 2];
    context_.set_reached({&service_.metadata, from.owner, from.route->at});
  }

  void error(config::Position at, std::string message, std::string_view field,
             std::string hint = {}) {
    context_.error(*owner_, at, std::move(message), fmt::format("{}.{}", path_, field),
                   std::move(hint));
  }
  void warning(config::Position at, std::string message, std::string_view field,
               std::string hint = {}) {
    context_.warning(*owner_, at, std::move(message), fmt::format("{}.{}", path_, field),
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
      const char* problem = domain_problem(domains[i].value);
      const std::string_view placeholder = config::placeholder_hint(domains[i].value);
      const std::string field = fmt::format("virtualHost.domains[{}]", i);
      if (problem == nullptr) {
        host.domains.push_back(domains[i].value);
      } else if (placeholder.empty()) {
        context_.error(*owner_, domains[i].at, fmt::format("the domain is invalid: {}", problem),
                       field);
      } else {
        context_.warning(*owner_, domains[i].at,
                         fmt::format("no request has this domain: {}", problem), field,
                         std::string(placeholder));
      }
    }
  }

  // Inline options first, then those of the VirtualHostOptions referred to.
  void build_host_options(VirtualHost& host) {
    const config::VirtualHost& from = *service_.virtual_host;
    std::vector<const HostOptionsLayer*> layers;
    if (from.options) {
      layers.push_back(&host_layers_.emplace_back(&*from.options, owner_, from.options->at,
                                                  "virtualHost.options"));
    }
    const size_t count = from.options_refs ? from.options_refs->delegate_options.size() : 0;
    for (size_t i = 0; i < count; ++i) {
      const config::ResourceRef& ref = from.options_refs->delegate_options[i];
      const std::string field = fmt::format("virtualHost.optionsConfigRefs.delegateOptions[{}]", i);
      warn_of_missing_namespace(context_, ref, *owner_, field);
      const std::string name = full_name(ref, *owner_);
      const config::VirtualHostOption* found = sources_.host_options.find(name);
      if (found == nullptr) {
        context_.warning(*owner_, ref.at,
                         fmt::format("list did not find virtualHostOption {}", name), field,
                         "define this VirtualHostOption, or correct its name or namespace here");
      } else if (found->options) {
        layers.push_back(&host_layers_.emplace_back(&*found->options, &found->metadata,
                                                    found->options->at, "options"));
      }
    }
    host_options_ = EffectiveOptions<config::VirtualHostOptions>(std::move(layers));
    merged_host_options_ = host_options_.merged();
    if (!host_options_.empty()) apply_host_options(*host_options_.layers().front());
    host.options = origins_of(host_options_);
  }

  // What holds for every route that does not say otherwise.
  void apply_host_options(const HostOptionsLayer& layer) {
    OptionsBuilder builder(context_, *layer.owner, layer.field);
    host_filters_ = build_host_filters(builder, merged_host_options_);
    if (merged_host_options_.retries) {
      host_retries_ = builder.build_retries(*merged_host_options_.retries);
    }
    if (merged_host_options_.headers) {
      host_edits_ =
          std::make_shared<const HeaderEdits>(builder.build_edits(*merged_host_options_.headers));
    }
  }

  template <typename Options>
  std::vector<OptionsOrigin> origins_of(const EffectiveOptions<Options>& options) const {
    std::vector<OptionsOrigin> out;
    for (const auto* layer : options.layers()) {
      out.push_back(
          {layer->owner->title(), context_.source_of(layer->at), options.taken_from(*layer)});
    }
    return out;
  }

  Route build_route(const FlatRoute& flat) {
    const config::Route& from = flat.route();
    Route route;
    const std::string label = label_of(flat);
    route.name = fmt::format("{}/{}", service_.metadata.full_name(), label);
    route.source = context_.source_of(from.at);
    for (const RouteStep& step : flat.steps) {
      route.origins.push_back({step.owner->title(), step.route->name.value, step.field(),
                               context_.source_of(step.route->at)});
    }
    route.options = origins_of(flat.options);
    // With a placeholder left in its host, of which a warning told when it was read, there is
    // nowhere to send the client: 503.
    const bool misdirected =
        from.redirect && !from.redirect->host.empty() && !config::is_authority(from.redirect->host);
    if (from.redirect && !misdirected) {
      route.redirect = build_redirect(*from.redirect);
    } else if (from.direct) {
      route.direct = DirectResponse{from.direct->status, from.direct->body};
      if (!from.direct->body.empty()) {
        context_.direct_bodies[&service_.metadata].push_back(
            {owner_, from.direct->at, from.direct->body.size()});
      }
    } else {
      build_destinations(from, route);
    }
    build_options(flat, route, label);
    return route;
  }

  // What tells a route from the others of its virtual host.
  static std::string label_of(const FlatRoute& flat) {
    std::string label = flat.steps.front().label();
    for (size_t i = 1; i < flat.steps.size(); ++i) {
      const RouteStep& step = flat.steps[i];
      label += fmt::format("/{}/{}", step.owner->full_name(), step.label());
    }
    return label;
  }

  Redirect build_redirect(const config::RedirectAction& from) {
    Redirect to;
    to.status = kRedirectStatus[static_cast<size_t>(from.code)];
    to.host = from.host;
    to.path = from.path;
    // As in a route's options, an empty one is none.
    if (!from.prefix_rewrite.value_or("").empty()) to.prefix = from.prefix_rewrite;
    to.https = from.https;
    to.strip_query = from.strip_query;
    to.port = from.port;
    if (!from.regex_rewrite) return to;
    const config::RegexSubstitution& rewrite = *from.regex_rewrite;
    to.regex = compile(rewrite.pattern.regex, "redirectAction.regexRewrite.pattern.regex");
    to.substitution = rewrite.substitution.value;
    const std::string problem =
        to.regex == nullptr ? "" : substitution_problem(*to.regex, to.substitution);
    if (!problem.empty()) {
      error(rewrite.substitution.at.line == 0 ? rewrite.at : rewrite.substitution.at,
            fmt::format("invalid substitution: {}", problem),
            "redirectAction.regexRewrite.substitution");
    }
    return to;
  }

  // A route whose destinations are of a kind that is not served yet has one cluster that does not
  // exist: it matches and answers 503.
  void build_destinations(const config::Route& from, Route& route) {
    if (from.action && from.action->multi) {
      const auto& destinations = from.action->multi->destinations;
      for (size_t i = 0; i < destinations.size(); ++i) {
        const config::WeightedDestination& destination = destinations[i];
        const std::string field = fmt::format("{}.routeAction.multi.destinations[{}]", path_, i);
        route.clusters.push_back(build_destination(context_, *owner_, destination.destination,
                                                   destination.weight, field + ".destination"));
        if (destination.options && destination.options->headers) {
          OptionsBuilder builder(context_, *owner_, field + ".options");
          route.clusters.back().edits = builder.build_edits(*destination.options->headers);
        }
        route.total_weight += destination.weight;
      }
    } else if (from.action && from.action->single) {
      route.clusters.push_back(build_destination(context_, *owner_, *from.action->single, 1,
                                                 path_ + ".routeAction.single"));
      route.total_weight = 1;
    } else if (from.action && from.action->upstream_group) {
      build_group(*from.action->upstream_group, route);
    } else {
      if (from.action && from.action->cluster_header) {
        route.cluster_header = *from.action->cluster_header;
      }
      route.clusters.push_back(WeightedCluster{kNoCluster, 1, "not served yet"});
      route.total_weight = 1;
    }
  }

  void build_group(const config::ResourceRef& ref, Route& route) {
    const std::string name = full_name(ref, *owner_);
    warn_of_missing_namespace(context_, ref, *owner_, path_ + ".routeAction.upstreamGroup");
    if (const ClusterGroup* group = sources_.groups.find(name)) {
      route.clusters = group->clusters;
      route.total_weight = group->total_weight;
      return;
    }
    warning(ref.at, fmt::format("*v1.UpstreamGroup {{ {} }} not found; requests get 503", name),
            "routeAction.upstreamGroup",
            "define this UpstreamGroup, or correct its name or namespace here");
    route.clusters.push_back(WeightedCluster{kNoCluster, 1, cluster_name(ref, *owner_)});
    route.total_weight = 1;
  }

  void build_options(const FlatRoute& flat, Route& route, std::string_view label) {
    const config::Route& from = flat.route();
    const bool idle = from.redirect || from.direct;
    route.retry = host_retries_;
    route.filters = host_filters_;
    if (!flat.options.empty()) apply_options(flat, route, label);
    if (from.options && idle) warn_of_idle_options(*from.options);
    route.host_edits = host_edits_;
    route.attempt_count_in_request = merged_host_options_.attempt_count_in_request;
    route.attempt_count_in_response = merged_host_options_.attempt_count_in_response;
  }

  void apply_options(const FlatRoute& flat, Route& route, std::string_view label) {
    const config::RouteOptions options = flat.options.merged();
    const RouteOptionsLayer& own = *flat.options.layers().front();
    OptionsBuilder builder(context_, *own.owner, own.field);
    builder.build_forwarding(options, route);
    const auto& merge = merged_host_options_.cors_merge;
    route.filters =
        build_route_filters(builder, options, host_filters_,
                            merge ? merge->expose_headers : config::CorsMerge::route_wins);
    if (options.headers) route.edits = builder.build_edits(*options.headers);
    if (options.retries) {
      const RouteOptionsLayer& layer = *flat.options.source_of("retries");
      route.retry =
          OptionsBuilder(context_, *layer.owner, layer.field).build_retries(*options.retries);
    }
    if (options.shadowing) build_shadow(flat, *options.shadowing, route, label);
  }

  // What shadowing refers to is looked up where it is written, be that a parent's route or a
  // RouteOption.
  void build_shadow(const FlatRoute& flat, const config::Shadowing& shadowing, Route& route,
                    std::string_view label) {
    const RouteOptionsLayer& layer = *flat.options.source_of("shadowing");
    if (!route.redirect && !route.direct) {
      build_route_shadow(context_, *layer.owner, shadowing,
                         fmt::format("{}.{}", service_.metadata.full_name(), label),
                         layer.field + ".shadowing", route);
    } else if (flat.route().options && layer.options == &*flat.route().options) {
      return;  // reported when it was read
    } else {
      error(flat.route().at,
            fmt::format("a redirect or direct response cannot be shadowed; the shadowing comes "
                        "from {} ({})",
                        layer.owner->title(), context_.source_of(layer.at)),
            "options", "give the shadowing to routes that send requests on only");
    }
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

  void build_rules(const std::vector<config::Matcher>& matchers, uint32_t route,
                   std::vector<RouteRule>& rules) {
    if (matchers.empty()) {
      RouteRule rule;
      rule.path = "/";
      rule.route = route;
      rules.push_back(std::move(rule));
    }
    for (size_t i = 0; i < matchers.size(); ++i) {
      rules.push_back(build_rule(matchers[i], fmt::format("matchers[{}]", i)));
      rules.back().route = route;
    }
  }

  // A route is out of reach when every one of its rules is.
  void report_hidden_routes(std::span<const RouteRule> rules,
                            const std::vector<FlatRoute>& routes) {
    const std::vector<std::optional<uint32_t>> hidden_by = find_hidden_rules(rules);
    for (size_t first = 0; first < rules.size();) {
      size_t last = first;
      bool hidden = true;
      for (; last < rules.size() && rules[last].route == rules[first].route; ++last) {
        // A rule of the same route hides nothing from anybody.
        hidden &= hidden_by[last] && rules[*hidden_by[last]].route != rules[last].route;
      }
      if (hidden) {
        enter(routes[rules[first].route]);
        const RouteStep& other = routes[rules[*hidden_by[first]].route].leaf();
        context_.warning(*owner_, routes[rules[first].route].route().at,
                         fmt::format("no request reaches this route; the one at {} takes them all",
                                     context_.source_of(other.route->at)),
                         path_, "routes are tried in the order in which they are written");
      }
      first = last;
    }
  }

  RouteRule build_rule(const config::Matcher& from, const std::string& field) {
    RouteRule rule;
    rule.case_sensitive = from.case_sensitive.value_or(true);
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
  RouteSources& sources_;
  const config::VirtualService& service_;
  const config::Metadata* owner_;  // of the route in hand
  std::string path_;               // of the route in hand, below its owner's spec
  std::deque<HostOptionsLayer> host_layers_;
  EffectiveOptions<config::VirtualHostOptions> host_options_;
  config::VirtualHostOptions merged_host_options_;
  RetryPolicy host_retries_;
  std::shared_ptr<const HeaderEdits> host_edits_;
  std::shared_ptr<const RouteFilters> host_filters_;
};

}  // namespace

RouteSources::RouteSources(BuildContext& context)
    : delegation(context), groups(context), host_options(context.resources.virtual_host_options) {}

VirtualHost build_virtual_host(BuildContext& context, RouteSources& sources,
                               const config::VirtualService& service) {
  return VirtualHostBuilder(context, sources, service).build();
}

}  // namespace gnomon::routing
