#include "routing/route_table.h"

#include <re2/re2.h>

#include <algorithm>

namespace gnomon::routing {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

}  // namespace

void RouteTable::Index::add_exact(std::string text, uint32_t rule) {
  exact_bytes_max = std::max(exact_bytes_max, text.size());
  exact[std::move(text)].push_back(rule);
}

void RouteTable::Index::add_prefix(std::string text, uint32_t rule) {
  if (prefix_lengths.size() <= text.size()) prefix_lengths.resize(text.size() + 1);
  prefix_lengths[text.size()] = true;
  prefix[std::move(text)].push_back(rule);
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
        index.add_prefix(rule.case_sensitive ? rule.path : to_lower(rule.path), id);
        break;
      case RouteRule::Path::regex:
        as_written_.add_prefix(literal_beginning(*rule.regex), id);
        break;
      case RouteRule::Path::never:
        break;
    }
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

void RouteTable::consider(const RuleIds& candidates, const RequestHead& head, std::string_view path,
                          uint32_t& best) const {
  for (const uint32_t id : candidates) {
    if (id >= best) return;
    const RouteRule& rule = rules_[id];
    if (!rule.condition.matches(head)) continue;
    if (rule.kind == RouteRule::Path::regex && !matches_fully(*rule.regex, path)) continue;
    best = id;
    return;
  }
}

}  // namespace gnomon::routing
