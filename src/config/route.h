// Routes: what a request must look like, and what is done with it. Shared by every resource that
// holds routes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/label_expression.h"
#include "config/load_balancer.h"
#include "config/metadata.h"
#include "config/options_refs.h"
#include "config/regex_substitution.h"
#include "config/route_options.h"
#include "config/source.h"

namespace gnomon::config {

struct HeaderMatcher {
  Position at;
  std::string name;
  Located<std::string> value;  // empty: the header must be present
  bool regex = false;
  bool invert = false;
};

struct QueryMatcher {
  Position at;
  std::string name;
  Located<std::string> value;  // empty: the parameter must be present
  bool regex = false;
};

// Said of a matcher without a path, and what to do about it.
constexpr std::string_view kNoPath = "no path specifier provided";
constexpr std::string_view kNoPathHint = "add prefix, exact or regex; \"prefix: /\" is any path";

struct Matcher {
  Position at;
  std::optional<std::string> prefix;
  std::optional<std::string> exact;
  std::optional<Located<std::string>> regex;
  Located<bool> connect;
  std::optional<bool> case_sensitive;  // absent: true, but not the same in delegation
  std::vector<HeaderMatcher> headers;
  std::vector<QueryMatcher> query_parameters;
  std::vector<Located<std::string>> methods;
};

struct Destination {
  Position at;
  std::optional<ResourceRef> upstream;  // absent: one of the kinds that are not served yet
  std::optional<SubsetValues> subset;
};

struct WeightedDestination {
  Destination destination;
  uint32_t weight = 0;
  std::optional<WeightedDestinationOptions> options;
};

struct MultiDestination {
  Position at;
  std::vector<WeightedDestination> destinations;
};

class Node;
class Scope;
// False, and says why, for destinations that no request could be shared out among.
bool check_weights(const std::vector<WeightedDestination>& destinations, const Node& node,
                   const Scope& scope);

struct RouteAction {
  Position at;
  std::optional<Destination> single;
  std::optional<MultiDestination> multi;
  std::optional<ResourceRef> upstream_group;
  std::optional<std::string> cluster_header;  // a request header that names the cluster
};

struct RouteTableSelector {
  Position at;
  std::vector<std::string> namespaces;  // empty: that of the route's resource; "*": all
  Labels labels;
  std::vector<LabelExpression> expressions;
};

// The RouteTables that a route hands its requests to.
struct DelegateAction {
  Position at;
  std::optional<ResourceRef> ref;
  std::optional<RouteTableSelector> selector;
  // Gloo's older form of `ref`; it wins over both.
  std::string name;
  std::string name_space;
};

enum class RedirectCode : uint8_t {
  moved_permanently,
  found,
  see_other,
  temporary_redirect,
  permanent_redirect
};

template <typename E>
struct EnumName;
std::span<const EnumName<RedirectCode>> enum_names(RedirectCode tag);

struct RedirectAction {
  std::string host;
  std::string path;
  std::optional<std::string> prefix_rewrite;
  std::optional<RegexSubstitution> regex_rewrite;
  RedirectCode code = RedirectCode::moved_permanently;
  bool https = false;
  bool strip_query = false;
  uint16_t port = 0;
};

struct DirectResponseAction {
  Position at;
  uint16_t status = 200;
  std::string body;
};

struct Route {
  Position at;
  Located<std::string> name;
  std::vector<Matcher> matchers;
  std::optional<RouteAction> action;
  std::optional<RedirectAction> redirect;
  std::optional<DirectResponseAction> direct;
  std::optional<DelegateAction> delegate;
  std::optional<RouteOptions> options;
  std::optional<OptionsRefs> options_refs;
  // Whether routes delegated to take over what this one asks of a request; absent: as its parent.
  std::optional<bool> inheritable_matchers;
  std::optional<bool> inheritable_path_matchers;
};

void describe(Schema<HeaderMatcher>& s);
void describe(Schema<QueryMatcher>& s);
void describe(Schema<Matcher>& s);
void describe(Schema<Destination>& s);
void describe(Schema<WeightedDestination>& s);
void describe(Schema<MultiDestination>& s);
void describe(Schema<RouteAction>& s);
void describe(Schema<RouteTableSelector>& s);
void describe(Schema<DelegateAction>& s);
void describe(Schema<RedirectAction>& s);
void describe(Schema<DirectResponseAction>& s);
void describe(Schema<Route>& s);

}  // namespace gnomon::config
