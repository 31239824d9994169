// Regular expressions in RE2's syntax, matched against whole texts: in linear time, whatever the
// pattern. Shared by workers; matching is thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace gnomon::routing {

using RegexPtr = std::shared_ptr<const re2::RE2>;

// A regular expression, or why it is none.
struct Compiled {
  RegexPtr regex;
  std::string error;
};
Compiled compile_regex(std::string_view pattern);
// What every text that matches begins with; often "".
std::string literal_beginning(const re2::RE2& regex);
bool matches_fully(const re2::RE2& regex, std::string_view text);

// Why a substitution does not go with the expression, such as a group that it lacks; "" if it does.
std::string substitution_problem(const re2::RE2& regex, std::string_view substitution);
// Every match replaced; \1 to \9 in the substitution stand for groups, \0 for the whole match.
std::string replace_all(const re2::RE2& regex, std::string_view text,
                        std::string_view substitution);

// Many regular expressions asked at once: one pass over a text tells which of them match it.
class RegexSet {
 public:
  explicit RegexSet(std::span<const RegexPtr> regexes);
  ~RegexSet();
  RegexSet(const RegexSet&) = delete;
  RegexSet& operator=(const RegexSet&) = delete;

  // Indices of those that match the whole text, ascending.
  std::vector<uint32_t> matches(std::string_view text) const;

 private:
  struct Machine;
  const std::vector<RegexPtr> regexes_;
  std::unique_ptr<const Machine> machine_;  // null: there is not memory enough for one of them all
};

}  // namespace gnomon::routing
