#include "cli/route_text.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

namespace gnomon::cli {
namespace {

std::string name_of(const config::ResourceRef& ref, const config::Metadata& owner) {
  return fmt::format("{}.{}", ref.name_space.empty() ? owner.name_space : ref.name_space, ref.name);
}

std::string describe_path(const config::Matcher& matcher) {
  if (matcher.exact) return *matcher.exact;
  if (matcher.regex) return matcher.regex->value;
  if (matcher.connect.value) return "CONNECT";
  return matcher.prefix.value_or("/");
}

std::string describe_paths(const config::Route& route) {
  if (route.matchers.empty()) return "/";
  std::vector<std::string> paths;
  paths.reserve(route.matchers.size());
  for (const config::Matcher& matcher : route.matchers) paths.push_back(describe_path(matcher));
  return fmt::format("{}", fmt::join(paths, ", "));
}

std::string describe_delegation(const config::DelegateAction& action,
                                const config::Metadata& owner) {
  if (!action.name.empty()) {
    return name_of({action.at, action.name, action.name_space}, owner) + " (route table)";
  }
  if (action.ref) return name_of(*action.ref, owner) + " (route table)";
  std::vector<std::string> words;
  if (action.selector) {
    for (const auto& [key, value] : action.selector->labels)
      words.push_back(fmt::format("{}={}", key, value));
    for (const auto& expression : action.selector->expressions) words.push_back(expression.key);
  }
  return words.empty() ? "route tables" : fmt::format("{} (route tables)", fmt::join(words, ","));
}

std::string describe_redirect(const config::RedirectAction& action) {
  if (!action.host.empty()) return action.host;
  if (!action.path.empty()) return action.path;
  if (action.prefix_rewrite) return *action.prefix_rewrite;
  return action.https ? "https" : "redirect";
}

std::string describe_action(const config::Route& route, const config::Metadata& owner) {
  if (route.delegate) return describe_delegation(*route.delegate, owner);
  if (route.direct) return std::to_string(route.direct->status);
  if (route.redirect) return describe_redirect(*route.redirect);
  if (!route.action) return "nothing";
  const config::RouteAction& action = *route.action;
  if (action.single) return describe_destination(*action.single, owner);
  if (action.multi) return fmt::format("{} destinations", action.multi->destinations.size());
  if (action.upstream_group) {
    const config::ResourceRef& ref = *action.upstream_group;
    return fmt::format("upstream group: {}.{}", ref.name,
                       ref.name_space.empty() ? owner.name_space : ref.name_space);
  }
  if (action.cluster_header) return fmt::format("cluster of header {}", *action.cluster_header);
  return "unknown";
}

std::string describe_copy(const config::ResourceRef& upstream,
                          const std::optional<float>& percentage, const config::Metadata& owner) {
  return fmt::format("{}% copied to {}", percentage.value_or(0), name_of(upstream, owner));
}

}  // namespace

std::string describe_destination(const config::Destination& destination,
                                 const config::Metadata& owner) {
  if (!destination.upstream) return "unknown";
  return name_of(*destination.upstream, owner) + " (upstream)";
}

std::string describe_route(const config::Route& route, const config::Metadata& owner) {
  std::string out = route.name.value.empty() ? "" : route.name.value + ": ";
  out += fmt::format("{} -> {}", describe_paths(route), describe_action(route, owner));
  if (route.options && route.options->shadowing) {
    const config::Shadowing& shadowing = *route.options->shadowing;
    out += fmt::format(", {}", describe_copy(shadowing.upstream, shadowing.percentage, owner));
  }
  return out;
}

std::string describe_shadow_test(const config::ShadowTest& test) {
  const std::string route =
      test.target.route.value.empty() ? "" : fmt::format("{}: ", test.target.route.value);
  return fmt::format("{}{} (shadow test {})", route,
                     describe_copy(test.shadow->upstream, test.shadow->percentage, test.metadata),
                     test.metadata.name.value);
}

}  // namespace gnomon::cli
