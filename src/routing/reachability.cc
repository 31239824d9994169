#include "routing/reachability.h"

#include <re2/re2.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace gnomon::routing {
namespace {

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};
using RuleByText = boost::unordered_flat_map<std::string, uint32_t, Hash, std::equal_to<>>;

// The unconditional rules seen so far, by what they match.
class Covers {
 public:
  void add(const RouteRule& rule, uint32_t id) {
    if (!rule.condition.empty()) return;
    switch (rule.kind) {
      case RouteRule::Path::prefix: {
        Prefixes& prefixes = rule.case_sensitive ? as_written_ : lower_case_;
        std::string text = rule.case_sensitive ? rule.path : to_lower(rule.path);
        prefixes.lengths.insert(text.size());
        prefixes.by_text.emplace(std::move(text), id);
        break;
      }
      case RouteRule::Path::exact:
        if (rule.case_sensitive) exact_.emplace(rule.path, id);
        break;
      case RouteRule::Path::regex:
        regex_.emplace(rule.regex->pattern(), id);
        break;
      case RouteRule::Path::never:
        break;
    }
  }

  std::optional<uint32_t> find(const RouteRule& rule) const {
    const bool is_regex = rule.kind == RouteRule::Path::regex;
    if (rule.kind == RouteRule::Path::never) return std::nullopt;
    if (is_regex) {
      if (const auto same = look_up(regex_, rule.regex->pattern())) return same;
    }
    if (rule.kind == RouteRule::Path::exact && rule.case_sensitive) {
      if (const auto same = look_up(exact_, rule.path)) return same;
    }
    const std::string begins = is_regex ? literal_beginning(*rule.regex) : rule.path;
    if (rule.case_sensitive) {
      if (const auto cover = as_written_.find(begins)) return cover;
    }
    return lower_case_.find(to_lower(begins));
  }

 private:
  static std::optional<uint32_t> look_up(const RuleByText& map, std::string_view text) {
    const auto found = map.find(text);
    return found == map.end() ? std::nullopt : std::optional(found->second);
  }

  struct Prefixes {
    RuleByText by_text;
    std::set<size_t> lengths;

    std::optional<uint32_t> find(std::string_view path) const {
      for (const size_t length : lengths) {
        if (length > path.size()) break;
        if (const auto found = look_up(by_text, path.substr(0, length))) return found;
      }
      return std::nullopt;
    }
  };

  Prefixes as_written_;
  Prefixes lower_case_;
  RuleByText exact_;
  RuleByText regex_;
};

}  // namespace

std::vector<std::optional<uint32_t>> find_hidden_rules(std::span<const RouteRule> rules) {
  std::vector<std::optional<uint32_t>> hidden_by;
  hidden_by.reserve(rules.size());
  Covers covers;
  for (uint32_t id = 0; id < rules.size(); ++id) {
    hidden_by.push_back(covers.find(rules[id]));
    covers.add(rules[id], id);
  }
  return hidden_by;
}

}  // namespace gnomon::routing
