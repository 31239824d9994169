// How matchers of a route in a RouteTable go together with those of the route that delegates to it.
// The rules and most texts are Gloo's.
#pragma once

#include <string>
#include <vector>

#include "config/route.h"

namespace gnomon::routing {

// What the child takes over.
struct Inheritance {
  bool matchers = false;       // headers, methods and query parameters, put before its own
  bool path_matchers = false;  // path and case sensitivity, instead of its own
};

bool has_path(const config::Matcher& matcher);

// Never empty: without any matcher a route matches every path.
std::vector<config::Matcher> inherit(const std::vector<config::Matcher>& own,
                                     const config::Matcher& parent, Inheritance inheritance);

// Why a child's matcher is not under its parent's; no message if it is.
struct Mismatch {
  std::string message;
  std::string hint;
};
Mismatch find_mismatch(const config::Matcher& parent, const config::Matcher& child);

// Whether a route with the matchers `a` comes before one with `b` when routes of several tables of
// one weight are sorted: by their most specific matchers, of which those with more methods come
// first, then exact before regex before prefix, then the greater text.
bool more_specific(const std::vector<config::Matcher>& a, const std::vector<config::Matcher>& b);

}  // namespace gnomon::routing
