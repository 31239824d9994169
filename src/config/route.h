// Routes: what a request must look like, and what is done with it. Shared by every resource that
// holds routes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/metadata.h"
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

struct Matcher {
  Position at;
  std::optional<std::string> prefix;
  std::optional<std::string> exact;
  std::optional<Located<std::string>> regex;
  Located<bool> connect;
  bool case_sensitive = true;
  std::vector<HeaderMatcher> headers;
  std::vector<QueryMatcher> query_parameters;
  std::vector<Located<std::string>> methods;
};

struct Destination {
  Position at;
  std::optional<ResourceRef> upstream;  // absent: one of the kinds that are not served yet
};

struct WeightedDestination {
  Destination destination;
  uint32_t weight = 0;
};

struct MultiDestination {
  Position at;
  std::vector<WeightedDestination> destinations;
};

struct RouteAction {
  Position at;
  std::optional<Destination> single;
  std::optional<MultiDestination> multi;
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
  RedirectCode code = RedirectCode::moved_permanently;
  bool https = false;
  bool strip_query = false;
  uint16_t port = 0;
};

struct DirectResponseAction {
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
  Located<bool> delegate;
  std::optional<RouteOptions> options;
};

void describe(Schema<HeaderMatcher>& s);
void describe(Schema<QueryMatcher>& s);
void describe(Schema<Matcher>& s);
void describe(Schema<Destination>& s);
void describe(Schema<WeightedDestination>& s);
void describe(Schema<MultiDestination>& s);
void describe(Schema<RouteAction>& s);
void describe(Schema<RedirectAction>& s);
void describe(Schema<DirectResponseAction>& s);
void describe(Schema<Route>& s);

}  // namespace gnomon::config
