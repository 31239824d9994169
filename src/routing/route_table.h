// The first of an ordered list of rules that a request matches, found without walking the list: an
// index over paths and prefixes yields the few rules whose path can match, in ascending order.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "msg/head.h"
#include "routing/request_condition.h"

namespace gnomon::routing {

struct RouteRule {
  enum class Path : uint8_t { prefix, exact, regex, never };
  Path kind = Path::prefix;
  std::string path;            // of prefix and exact
  bool case_sensitive = true;  // of prefix and exact
  RegexPtr regex;
  RequestCondition condition;
  uint32_t route = 0;  // what the rule leads to
};

class RouteTable {
 public:
  struct Found {
    const RouteRule* rule = nullptr;
    size_t matched_path_bytes = 0;
  };

  RouteTable() = default;
  explicit RouteTable(std::vector<RouteRule> rules);

  Found find(const RequestHead& head) const;
  const std::vector<RouteRule>& rules() const noexcept { return rules_; }

 private:
  using RuleIds = std::vector<uint32_t>;  // ascending

  // The rules whose path may match once the text they are found under has.
  struct Candidates {
    RuleIds paths;
    RuleIds regexes;
    std::unique_ptr<const RegexSet> set;  // of `regexes`, where they are many
  };

  // A text whose hash is known already. Hashes of all prefixes of a path come from one pass over
  // it.
  struct Hashed {
    std::string_view text;
    uint64_t hash;
  };
  static constexpr uint64_t kSeed = 14695981039346656037ull;
  static constexpr uint64_t step(uint64_t hash, char c) noexcept {  // FNV-1a
    return (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  }
  static uint64_t hash_of(std::string_view text) noexcept {
    uint64_t hash = kSeed;
    for (const char c : text) hash = step(hash, c);
    return hash;
  }
  struct Hash {
    using is_transparent = void;
    size_t operator()(const std::string& text) const noexcept { return hash_of(text); }
    size_t operator()(const Hashed& hashed) const noexcept { return hashed.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const std::string& a, const std::string& b) const noexcept { return a == b; }
    bool operator()(const Hashed& a, const std::string& b) const noexcept { return a.text == b; }
    bool operator()(const std::string& a, const Hashed& b) const noexcept { return a == b.text; }
  };
  using Map = boost::unordered_flat_map<std::string, Candidates, Hash, Equal>;

  // Rules by path, once for those that respect case and once for those that do not. Regular
  // expressions are prefixes too, by their literal beginning.
  struct Index {
    Map exact;
    Map prefix;
    std::vector<bool> prefix_lengths;  // [n]: some prefix has n bytes
    size_t exact_bytes_max = 0;        // of the longest exact path
    bool empty() const noexcept { return exact.empty() && prefix.empty(); }
    void add_exact(std::string text, uint32_t rule);
    Candidates& at_prefix(std::string text);
  };

  void search(const Index& index, std::string_view path, const RequestHead& head,
              std::string_view original_path, uint32_t& best) const;
  void consider(const Candidates& candidates, const RequestHead& head, std::string_view path,
                uint32_t& best) const;
  void build_regex_sets();

  std::vector<RouteRule> rules_;
  Index as_written_;
  Index lower_case_;
};

}  // namespace gnomon::routing
