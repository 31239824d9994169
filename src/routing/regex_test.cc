#include "routing/regex.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gnomon::routing {
namespace {

std::vector<RegexPtr> compiled(const std::vector<std::string>& patterns) {
  std::vector<RegexPtr> out;
  for (const std::string& pattern : patterns) {
    out.push_back(compile_regex(pattern).regex);
    EXPECT_NE(out.back(), nullptr) << pattern;
  }
  return out;
}

TEST(LiteralBeginning, is_what_every_match_starts_with) {
  EXPECT_EQ(literal_beginning(*compile_regex("/api/v[0-9]+/x").regex), "/api/v");
  EXPECT_EQ(literal_beginning(*compile_regex("^/api$").regex), "/api");
  EXPECT_EQ(literal_beginning(*compile_regex(".*").regex), "");
  EXPECT_EQ(literal_beginning(*compile_regex("/a|/b").regex), "/");
  EXPECT_EQ(literal_beginning(*compile_regex("").regex), "");
  for (const char* pattern : {"/a*", "/(?i)api", "/a?b", "(/a)+", "/\xC3\xA9.*", "/[a-c]{2,5}"}) {
    const std::string beginning = literal_beginning(*compile_regex(pattern).regex);
    EXPECT_TRUE(beginning.empty() || beginning.starts_with("/")) << pattern << " " << beginning;
  }
}

TEST(RegexSet, names_all_that_match_the_whole_text_in_order) {
  const RegexSet set(compiled({"/b.*", ".*b", "/a", "(?i)/B", "/b$", "^/b", "/b/c"}));
  EXPECT_EQ(set.matches("/b"), (std::vector<uint32_t>{0, 1, 3, 4, 5}));
  EXPECT_EQ(set.matches("/b/c"), (std::vector<uint32_t>{0, 6}));
  EXPECT_EQ(set.matches("x/a"), std::vector<uint32_t>());
  EXPECT_EQ(set.matches(""), std::vector<uint32_t>());
}

TEST(RegexSet, agrees_with_each_for_itself) {
  std::vector<std::string> patterns;
  for (int i = 0; i < 300; ++i) {
    patterns.push_back(fmt::format("/[^/]*/r{}[0-9]*(/x)?", i % 40));
    patterns.push_back(fmt::format(".*{}$", i));
    patterns.push_back(fmt::format("/a{{{},{}}}(b|c)*", i % 7, i % 7 + 3));
  }
  const std::vector<RegexPtr> regexes = compiled(patterns);
  const RegexSet set(regexes);
  for (const std::string text : {"/s/r17", "/s/r1/x", "/aaabcb", "/aaaaaaaaaa", "x299", "", "/"}) {
    std::vector<uint32_t> wanted;
    for (uint32_t i = 0; i < regexes.size(); ++i) {
      if (matches_fully(*regexes[i], text)) wanted.push_back(i);
    }
    EXPECT_EQ(set.matches(text), wanted) << text;
  }
}

TEST(RegexSet, answers_for_long_texts_and_for_sets_that_are_too_large) {
  const std::string text = "/" + std::string(5'000, 'a');
  EXPECT_EQ(RegexSet(compiled({"/a", "/a*", ".*a"})).matches(text), (std::vector<uint32_t>{1, 2}));
  const std::vector<std::string> large(200, "/(a{1000}|b)*");  // more than the memory allowed
  EXPECT_EQ(RegexSet(compiled(large)).matches("/bb").size(), large.size());
}

}  // namespace
}  // namespace gnomon::routing
