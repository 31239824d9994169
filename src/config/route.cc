#include "config/route.h"

#include <span>

#include "config/discovered.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kAnswers503 = "is not served yet; the route answers 503";

struct HeaderName {
  bool operator()(const std::string& name, const Node& node, const Scope& scope) const {
    if (is_header_name(name)) return true;
    scope.error(node.at(), fmt::format("\"{}\" is not a header name", name));
    return false;
  }
};

// :authority, :path, :method and :scheme can be matched like headers.
struct MatchableName {
  bool operator()(const std::string& name, const Node& node, const Scope& scope) const {
    const std::string_view bare = name.starts_with(':') ? std::string_view(name).substr(1) : name;
    if (is_header_name(bare)) return true;
    scope.error(node.at(), fmt::format("\"{}\" is not a header name", name));
    return false;
  }
};

// Where a placeholder was left in, the route is there and answers 503.
struct RedirectHost {
  bool operator()(const std::string& host, const Node& node, const Scope& scope) const {
    const std::string_view placeholder = placeholder_hint(host);
    if (placeholder.empty() || is_authority(host)) return ValidAuthority{}(host, node, scope);
    scope.warning(node.at(), "this is not a host name with an optional port; requests get 503",
                  std::string(placeholder));
    return true;
  }
};

// Gloo refuses such a route and serves the others. One that does not match would be worse: its
// requests would go to whichever route comes next.
bool check_action(const Route& route, const Node& node, const Scope& scope) {
  if (!route.action && !route.redirect && !route.direct && !route.delegate) {
    scope.warning(node.at(), "a route must specify an action; requests get 503");
  }
  return true;
}

// Only a route that sends requests on has something to copy.
bool check_shadowing_action(const Node& route, const Scope& scope) {
  const Node* options = route.find("options");
  const Node* shadowing = options == nullptr ? nullptr : options->find("shadowing");
  if (shadowing == nullptr || !route.find_any({"redirectAction", "redirect_action",
                                               "directResponseAction", "direct_response_action"})) {
    return true;
  }
  const Scope inner = scope.field("options");
  inner.field("shadowing")
      .error(shadowing->at(), "a redirect or direct response cannot be shadowed");
  return false;
}

bool check_multi_weights(const MultiDestination& multi, const Node& node, const Scope& scope) {
  return check_weights(multi.destinations, node, scope);
}

}  // namespace

bool check_weights(const std::vector<WeightedDestination>& destinations, const Node& node,
                   const Scope& scope) {
  uint64_t total = 0;
  for (const WeightedDestination& destination : destinations) total += destination.weight;
  if (destinations.empty()) {
    scope.error(node.at(), "at least one destination must be given");
  } else if (total == 0) {
    scope.error(node.at(), "the weights add up to zero",
                "a destination without weight gets no traffic");
  } else if (total > UINT32_MAX) {
    scope.error(node.at(), "the weights add up to more than 4294967295");
  } else {
    return true;
  }
  return false;
}

std::span<const EnumName<RedirectCode>> enum_names(RedirectCode /*tag*/) {
  static constexpr EnumName<RedirectCode> kNames[] = {
      {"MOVED_PERMANENTLY", RedirectCode::moved_permanently},
      {"FOUND", RedirectCode::found},
      {"SEE_OTHER", RedirectCode::see_other},
      {"TEMPORARY_REDIRECT", RedirectCode::temporary_redirect},
      {"PERMANENT_REDIRECT", RedirectCode::permanent_redirect}};
  return kNames;
}

void describe(Schema<HeaderMatcher>& s) {
  s.field("name", &HeaderMatcher::name, kRequired, MatchableName{});
  s.field("value", &HeaderMatcher::value);
  s.field("regex", &HeaderMatcher::regex);
  s.field("invertMatch", &HeaderMatcher::invert);
}

void describe(Schema<QueryMatcher>& s) {
  s.field("name", &QueryMatcher::name, kRequired, kNotEmpty);
  s.field("value", &QueryMatcher::value);
  s.field("regex", &QueryMatcher::regex);
}

void describe(Schema<Matcher>& s) {
  s.field("prefix", &Matcher::prefix, ValidPath{});
  s.field("exact", &Matcher::exact, ValidPath{});
  s.field("regex", &Matcher::regex, kNotEmpty);
  s.unserved("connectMatcher", &Matcher::connect, "is not served yet and matches nothing");
  s.one_of({"prefix", "exact", "regex", "connectMatcher"});
  s.field("caseSensitive", &Matcher::case_sensitive);
  s.field("headers", &Matcher::headers);
  s.field("queryParameters", &Matcher::query_parameters);
  s.field("methods", &Matcher::methods);
}

void describe(Schema<Destination>& s) {
  s.field("upstream", &Destination::upstream);
  s.told<KubeDestination>("kube");
  s.told<ConsulDestination>("consul");
  s.one_of({"upstream", "kube", "consul"}, "a destination needs an upstream");
  s.field("subset", &Destination::subset);
  s.unserved({"destinationSpec"});
}

void describe(Schema<WeightedDestination>& s) {
  s.field("destination", &WeightedDestination::destination, kRequired);
  s.field("weight", &WeightedDestination::weight);
  s.field("options", &WeightedDestination::options);
}

void describe(Schema<MultiDestination>& s) {
  s.field("destinations", &MultiDestination::destinations);
  s.check(check_multi_weights);
}

void describe(Schema<RouteAction>& s) {
  s.field("single", &RouteAction::single);
  s.field("multi", &RouteAction::multi);
  s.field("upstreamGroup", &RouteAction::upstream_group);
  s.field("clusterHeader", &RouteAction::cluster_header, HeaderName{});
  s.unserved({"dynamicForwardProxy"}, kAnswers503);
  s.one_of({"single", "multi", "upstreamGroup", "clusterHeader", "dynamicForwardProxy"},
           "a routeAction needs a destination");
}

void describe(Schema<RouteTableSelector>& s) {
  s.field("namespaces", &RouteTableSelector::namespaces);
  s.field("labels", &RouteTableSelector::labels);
  s.field("expressions", &RouteTableSelector::expressions);
}

void describe(Schema<DelegateAction>& s) {
  s.field("ref", &DelegateAction::ref);
  s.field("selector", &DelegateAction::selector);
  s.field("name", &DelegateAction::name);
  s.field("namespace", &DelegateAction::name_space);
  s.one_of({"ref", "selector"});
}

void describe(Schema<RedirectAction>& s) {
  s.field("hostRedirect", &RedirectAction::host, RedirectHost{});
  s.field("pathRedirect", &RedirectAction::path, ValidRewrite{});
  s.field("prefixRewrite", &RedirectAction::prefix_rewrite, ValidRewrite{});
  s.field("regexRewrite", &RedirectAction::regex_rewrite);
  s.one_of({"pathRedirect", "prefixRewrite", "regexRewrite"});
  s.field("responseCode", &RedirectAction::code);
  s.field("httpsRedirect", &RedirectAction::https);
  s.field("stripQuery", &RedirectAction::strip_query);
  s.field("portRedirect", &RedirectAction::port);
}

void describe(Schema<DirectResponseAction>& s) {
  s.field("status", &DirectResponseAction::status, kRequired, in_range<uint16_t>(200, 599));
  s.field("body", &DirectResponseAction::body);
}

void describe(Schema<Route>& s) {
  s.field("name", &Route::name);
  s.field("matchers", &Route::matchers);
  s.field("routeAction", &Route::action);
  s.field("redirectAction", &Route::redirect);
  s.field("directResponseAction", &Route::direct);
  s.field("delegateAction", &Route::delegate);
  s.one_of({"routeAction", "redirectAction", "directResponseAction", "delegateAction"});
  s.check(check_action);
  s.field("options", &Route::options);
  s.field("optionsConfigRefs", &Route::options_refs);
  s.field("inheritableMatchers", &Route::inheritable_matchers);
  s.field("inheritablePathMatchers", &Route::inheritable_path_matchers);
  s.shape(check_shadowing_action);
}

}  // namespace gnomon::config
