#include "routing/rule_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace gnomon::routing {
namespace {

// Fields that never reach the matcher as headers, because the codecs take them out.
constexpr std::array<std::string_view, 6> kUnmatchableHeaders{
    "connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding"};

class RuleBuilder {
 public:
  explicit RuleBuilder(const Place& place) : place_(place) {}

  RouteRule build(const config::Matcher& from, const std::string& field) {
    RouteRule rule;
    rule.case_sensitive = from.case_sensitive.value_or(true);
    if (from.exact) {
      rule.kind = RouteRule::Path::exact;
      rule.path = *from.exact;
    } else if (from.regex) {
      rule.regex = place_.compile(*from.regex, field + ".regex");
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

 private:
  ValueCondition build_value(const config::Located<std::string>& value, bool regex,
                             std::string_view field) {
    if (value.value.empty()) return {};
    if (regex) return {std::nullopt, place_.compile(value, field)};
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
      } else if (RegexPtr regex = place_.compile(method, fmt::format("{}.methods[{}]", field, i))) {
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
        place_.warning(
            header.at,
            fmt::format("\"{}\" belongs to the connection and never matches", header.name), path);
      }
      condition.headers.push_back(
          {header.name, build_value(header.value, header.regex, path + ".value"), header.invert});
    }
  }

  const Place& place_;
};

}  // namespace

void build_rules(const Place& place, const std::vector<config::Matcher>& matchers, uint32_t route,
                 std::vector<RouteRule>& rules) {
  if (matchers.empty()) {
    RouteRule rule;
    rule.path = "/";
    rule.route = route;
    rules.push_back(std::move(rule));
  }
  for (size_t i = 0; i < matchers.size(); ++i) {
    rules.push_back(RuleBuilder(place).build(matchers[i], fmt::format("matchers[{}]", i)));
    rules.back().route = route;
  }
}

}  // namespace gnomon::routing
