#include "routing/route_table.h"

#include <algorithm>

namespace gnomon::routing {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
// Fewer regular expressions than this are sooner tried one by one.
constexpr size_t kRegexSetMin = 8;

}  // namespace

void RouteTable::Index::add_exact(std::string text, uint32_t rule) {
  exact_bytes_max = std::max(exact_bytes_max, text.size());
  exact[std::move(text)].paths.push_back(rule);
}

RouteTable::Candidates& RouteTable::Index::at_prefix(std::string text) {
  if (prefix_lengths.size() <= text.size()) prefix_lengths.resize(text.size() + 1);
  prefix_lengths[text.size()] = true;
  return prefix[std::move(text)];
}

RouteTable::RouteTable(std::vector<RouteRule> rules) : rules_(std::move(rules)) {
  for (uint32_t id = 0; id < rules_.size(); ++id) {
    const RouteRule& rule = rules_[id];
    Index& index = rule.case_sensitive ? as_written_ : lower_case_;
    switch (rule.kind) {
      case RouteRule::Path::exact:
        index.add_exact(rule.case_sensitive ? rule.path : to_lower(rule.path), id);
        break;
      case RouteRule::Path::prefix:
        index.at_prefix(rule.case_sensitive ? rule.path : to_lower(rule.path)).paths.push_back(id);
        break;
      case RouteRule::Path::regex:
        as_written_.at_prefix(literal_beginning(*rule.regex)).regexes.push_back(id);
        break;
      case RouteRule::Path::never:
        break;
    }
  }
  build_regex_sets();
}

void RouteTable::build_regex_sets() {
  for (auto& [beginning, candidates] : as_written_.prefix) {
    if (candidates.regexes.size() < kRegexSetMin) continue;
    std::vector<RegexPtr> regexes;
    regexes.reserve(candidates.regexes.size());
    for (const uint32_t id : candidates.regexes) regexes.push_back(rules_[id].regex);
    candidates.set = std::make_unique<const RegexSet>(regexes);
  }
}

RouteTable::Found RouteTable::find(const RequestHead& head) const {
  const std::string_view path = path_only(head.path);
  uint32_t best = kNone;
  search(as_written_, path, head, path, best);
  if (!lower_case_.empty()) search(lower_case_, to_lower(path), head, path, best);
  if (best == kNone) return {};
  const RouteRule& rule = rules_[best];
  return {&rule, rule.kind == RouteRule::Path::prefix ? rule.path.size() : path.size()};
}

void RouteTable::search(const Index& index, std::string_view path, const RequestHead& head,
                        std::string_view original_path, uint32_t& best) const {
  const bool may_be_exact = path.size() <= index.exact_bytes_max;
  uint64_t hash = kSeed;
  for (size_t length = 0;; ++length) {
    if (length < index.prefix_lengths.size() && index.prefix_lengths[length]) {
      const auto found = index.prefix.find(Hashed{path.substr(0, length), hash});
      if (found != index.prefix.end()) consider(found->second, head, original_path, best);
    }
    if (length == path.size()) break;
    // Beyond the longest prefix the hash is only needed for an exact match.
    if (length + 1 >= index.prefix_lengths.size() && !may_be_exact) return;
    hash = step(hash, path[length]);
  }
  if (!may_be_exact) return;
  const auto found = index.exact.find(Hashed{path, hash});
  if (found != index.exact.end()) consider(found->second, head, original_path, best);
}

void RouteTable::consider(const Candidates& candidates, const RequestHead& head,
                          std::string_view path, uint32_t& best) const {
  for (const uint32_t id : candidates.paths) {
    if (id >= best) break;
    if (rules_[id].condition.matches(head)) best = id;
  }
  if (candidates.regexes.empty() || candidates.regexes.front() >= best) return;
  if (candidates.set != nullptr) {
    for (const uint32_t index : candidates.set->matches(path)) {
      const uint32_t id = candidates.regexes[index];
      if (id >= best) return;
      if (rules_[id].condition.matches(head)) best = id;
    }
    return;
  }
  for (const uint32_t id : candidates.regexes) {
    if (id >= best) return;
    const RouteRule& rule = rules_[id];
    if (rule.condition.matches(head) && matches_fully(*rule.regex, path)) best = id;
  }
}

}  // namespace gnomon::routing
