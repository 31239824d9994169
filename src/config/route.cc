#include "config/route.h"

#include <span>

#include "config/rules.h"
#include "config/schema.h"
#include "config/text_rules.h"

namespace gnomon::config {
namespace {

constexpr std::string_view kAnswers503 = "is not served yet; the route answers 503";

// :authority, :path, :method and :scheme can be matched like headers.
struct MatchableName {
  bool operator()(const std::string& name, const Node& node, const Scope& scope) const {
    const std::string_view bare = name.starts_with(':') ? std::string_view(name).substr(1) : name;
    if (is_header_name(bare)) return true;
    scope.error(node.at(), fmt::format("\"{}\" is not a header name", name));
    return false;
  }
};

// A matcher that names no path would match any; Gloo takes that for a mistake, except where the
// route delegates.
bool check_paths_given(const Node& route, const Scope& scope) {
  const Node* matchers = route.find("matchers");
  if (matchers == nullptr || route.find_any({"delegateAction", "delegate_action"})) return true;
  const Scope list = scope.field("matchers");
  bool good = true;
  for (size_t i = 0; i < matchers->items().size(); ++i) {
    const Node& matcher = *matchers->items()[i];
    if (!matcher.is_mapping() ||
        matcher.find_any({"prefix", "exact", "regex", "connectMatcher", "connect_matcher"})) {
      continue;
    }
    list.item(i).error(matcher.at(), "no path specifier provided",
                       "add prefix, exact or regex; \"prefix: /\" is any path");
    good = false;
  }
  return good;
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

bool check_weights(const MultiDestination& multi, const Node& node, const Scope& scope) {
  uint64_t total = 0;
  for (const WeightedDestination& destination : multi.destinations) total += destination.weight;
  if (multi.destinations.empty()) {
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

}  // namespace

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
  s.unserved({"kube", "consul"}, kAnswers503);
  s.one_of({"upstream", "kube", "consul"}, "a destination needs an upstream");
  s.unserved({"subset", "destinationSpec"});
}

void describe(Schema<WeightedDestination>& s) {
  s.field("destination", &WeightedDestination::destination, kRequired);
  s.field("weight", &WeightedDestination::weight);
  s.unserved({"options"});
}

void describe(Schema<MultiDestination>& s) {
  s.field("destinations", &MultiDestination::destinations);
  s.check(check_weights);
}

void describe(Schema<RouteAction>& s) {
  s.field("single", &RouteAction::single);
  s.field("multi", &RouteAction::multi);
  s.unserved({"upstreamGroup", "clusterHeader", "dynamicForwardProxy"}, kAnswers503);
  s.one_of({"single", "multi", "upstreamGroup", "clusterHeader", "dynamicForwardProxy"},
           "a routeAction needs a destination");
}

void describe(Schema<RedirectAction>& s) {
  s.field("hostRedirect", &RedirectAction::host, ValidAuthority{});
  s.field("pathRedirect", &RedirectAction::path, ValidRewrite{});
  s.field("prefixRewrite", &RedirectAction::prefix_rewrite, ValidRewrite{});
  s.unserved({"regexRewrite"});
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
  s.unserved("delegateAction", &Route::delegate, kAnswers503);
  s.one_of({"routeAction", "redirectAction", "directResponseAction", "delegateAction"},
           "a route must specify an action");
  s.field("options", &Route::options);
  s.unserved({"optionsConfigRefs", "inheritableMatchers", "inheritablePathMatchers"});
  s.shape(check_paths_given);
  s.shape(check_shadowing_action);
}

}  // namespace gnomon::config
