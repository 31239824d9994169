#include "routing/matcher_inheritance.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace gnomon::routing {
namespace {

std::string_view path_of(const config::Matcher& matcher) {
  if (matcher.exact) return *matcher.exact;
  if (matcher.regex) return matcher.regex->value;
  return matcher.prefix ? std::string_view(*matcher.prefix) : std::string_view();
}

int path_rank(const config::Matcher& matcher) {
  if (matcher.exact) return 1;
  if (matcher.regex) return 2;
  return matcher.prefix ? 3 : 0;
}

bool comes_before(const config::Matcher& a, const config::Matcher& b) {
  if (a.methods.size() != b.methods.size()) return a.methods.size() > b.methods.size();
  if (path_rank(a) != path_rank(b)) return path_rank(a) < path_rank(b);
  return path_of(a) > path_of(b);
}

const config::Matcher& most_specific(const std::vector<config::Matcher>& matchers) {
  static const config::Matcher kAny = [] {
    config::Matcher any;
    any.prefix = "/";
    return any;
  }();
  return matchers.empty() ? kAny : *std::ranges::min_element(matchers, comes_before);
}

bool same(const config::HeaderMatcher& a, const config::HeaderMatcher& b) {
  return a.value.value == b.value.value && a.regex == b.regex && a.invert == b.invert;
}
bool same(const config::QueryMatcher& a, const config::QueryMatcher& b) {
  return a.value.value == b.value.value && a.regex == b.regex;
}

// Of several with one name Gloo compares the last.
template <typename T>
bool contains_all(const std::vector<T>& child, const std::vector<T>& parent) {
  return std::ranges::all_of(parent, [&](const T& wanted) {
    const auto found = std::find_if(child.rbegin(), child.rend(),
                                    [&](const T& have) { return have.name == wanted.name; });
    return found != child.rend() && same(*found, wanted);
  });
}

bool contains_methods(const config::Matcher& child, const config::Matcher& parent) {
  return std::ranges::all_of(parent.methods, [&](const auto& wanted) {
    return std::ranges::any_of(child.methods,
                               [&](const auto& have) { return have.value == wanted.value; });
  });
}

template <typename T>
std::string names(const std::vector<T>& matchers) {
  std::vector<std::string> out;
  out.reserve(matchers.size());
  for (const T& matcher : matchers) {
    out.push_back(matcher.value.value.empty() ? matcher.name
                                              : matcher.name + "=" + matcher.value.value);
  }
  return fmt::format("[{}]", fmt::join(out, " "));
}

std::string method_names(const config::Matcher& matcher) {
  std::vector<std::string_view> out;
  out.reserve(matcher.methods.size());
  for (const auto& method : matcher.methods) out.emplace_back(method.value);
  return fmt::format("[{}]", fmt::join(out, " "));
}

std::string_view case_text(const std::optional<bool>& sensitive) {
  if (!sensitive) return "absent";
  return *sensitive ? "true" : "false";
}

template <typename T>
void put_before(std::vector<T>& own, const std::vector<T>& parent) {
  own.insert(own.begin(), parent.begin(), parent.end());
}

void take_path(config::Matcher& own, const config::Matcher& parent) {
  own.prefix = parent.prefix;
  own.exact = parent.exact;
  own.regex = parent.regex;
  own.connect = parent.connect;
  own.case_sensitive = parent.case_sensitive;
}

constexpr std::string_view kInheritHint =
    "repeat it here, or give the parent route \"inheritableMatchers: true\"";

}  // namespace

bool has_path(const config::Matcher& matcher) {
  return matcher.prefix || matcher.exact || matcher.regex || matcher.connect.value;
}

std::vector<config::Matcher> inherit(const std::vector<config::Matcher>& own,
                                     const config::Matcher& parent, Inheritance inheritance) {
  std::vector<config::Matcher> out = own;
  if (out.empty()) {
    out.emplace_back().prefix = "/";
    out.back().at = parent.at;
  }
  for (config::Matcher& matcher : out) {
    if (inheritance.path_matchers) take_path(matcher, parent);
    if (!inheritance.matchers) continue;
    put_before(matcher.headers, parent.headers);
    put_before(matcher.methods, parent.methods);
    put_before(matcher.query_parameters, parent.query_parameters);
  }
  return out;
}

Mismatch find_mismatch(const config::Matcher& parent, const config::Matcher& child) {
  const std::string_view prefix = path_of(parent);
  if (!path_of(child).starts_with(prefix)) {
    return {fmt::format("required prefix: {}, prefix: {}: invalid route: route table matchers must "
                        "begin with the prefix of their parent route's matcher",
                        prefix, path_of(child)),
            fmt::format("write the whole path, such as {}{}, or give the parent route "
                        "\"inheritablePathMatchers: true\"",
                        prefix.ends_with('/') ? prefix.substr(0, prefix.size() - 1) : prefix,
                        path_of(child))};
  }
  if (child.case_sensitive != parent.case_sensitive) {
    return {fmt::format("required caseSensitive: {}, caseSensitive: {}: invalid route: route table "
                        "matchers must have the same case sensitivity of their parent route's "
                        "matcher",
                        case_text(parent.case_sensitive), case_text(child.case_sensitive)),
            "write caseSensitive alike in both; absent and true are not alike to Gloo"};
  }
  if (!contains_all(child.headers, parent.headers)) {
    return {fmt::format("required headers: {}, headers: {}: invalid route: route table matchers "
                        "must have all headers that were specified on their parent route's matcher",
                        names(parent.headers), names(child.headers)),
            std::string(kInheritHint)};
  }
  if (!contains_all(child.query_parameters, parent.query_parameters)) {
    return {fmt::format("required query params: {}, query params: {}: invalid route: route table "
                        "matchers must have all query params that were specified on their parent "
                        "route's matcher",
                        names(parent.query_parameters), names(child.query_parameters)),
            std::string(kInheritHint)};
  }
  if (!contains_methods(child, parent)) {
    return {fmt::format("required methods: {}, methods: {}: invalid route: route table matchers "
                        "must have all methods that were specified on their parent route's matcher",
                        method_names(parent), method_names(child)),
            std::string(kInheritHint)};
  }
  return {};
}

bool more_specific(const std::vector<config::Matcher>& a, const std::vector<config::Matcher>& b) {
  return comes_before(most_specific(a), most_specific(b));
}

}  // namespace gnomon::routing
