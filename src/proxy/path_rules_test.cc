#include "proxy/path_rules.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

using Kind = PathVerdict::Kind;
using routing::EscapedSlashes;
using routing::PathSettings;

std::string after(const PathSettings& settings, std::string_view path) {
  const PathVerdict verdict = apply_path_rules(settings, path);
  switch (verdict.kind) {
    case Kind::unchanged:
      return std::string(path);
    case Kind::changed:
      return verdict.path;
    case Kind::redirect:
      return "-> " + verdict.path;
    case Kind::refused:
      return verdict.problem;
  }
  return {};
}

TEST(PathRules, normalises_by_default) {
  const std::pair<const char*, const char*> kTable[] = {
      {"/", "/"},
      {"/a/b", "/a/b"},
      {"/a/../b/./c", "/b/c"},
      {"/pub/%2e%2E/admin", "/admin"},
      {"/../../x", "/x"},
      {"/a/..", "/"},
      {"/a/b/..", "/a/"},
      {"/a/.", "/a/"},
      {"/.", "/"},
      {"/a/.../b..c/.d", "/a/.../b..c/.d"},
      {"/pub/..;/admin", "/pub/..;/admin"},
      {"/%7Euser/%41%2d", "/~user/A-"},
      {"/a%2Fb%5c", "/a%2Fb%5c"},
      {"/a%zz%", "/a%zz%"},
      {"//a//b", "//a//b"},
      {"//../b", "/b"},
      {"/a?x=/../%2e", "/a?x=/../%2e"},
      {"/a/../b?x=/../", "/b?x=/../"},
      {"/a%00b", "escaped NUL in the path"},
      {"*", "*"},
  };
  for (const auto& [path, wanted] : kTable) EXPECT_EQ(after({}, path), wanted) << path;
}

TEST(PathRules, leaves_paths_alone_when_told_so) {
  const PathSettings settings{.normalize = false};
  for (const char* path : {"/a/../b", "/%2e%2e", "//a", "/%00", "/a%2fb"}) {
    EXPECT_EQ(after(settings, path), path);
  }
}

TEST(PathRules, merges_slashes) {
  const PathSettings settings{.merge_slashes = true};
  EXPECT_EQ(after(settings, "//a///b/"), "/a/b/");
  EXPECT_EQ(after(settings, "/a/..//b?c//d"), "/b?c//d");
}

TEST(PathRules, does_as_told_with_escaped_slashes) {
  EXPECT_EQ(after({.escaped_slashes = EscapedSlashes::reject}, "/a%2Fb"),
            "escaped slash in the path");
  EXPECT_EQ(after({.escaped_slashes = EscapedSlashes::reject}, "/a%5cb"),
            "escaped slash in the path");
  EXPECT_EQ(after({.escaped_slashes = EscapedSlashes::reject}, "/a?b=%2F"), "/a?b=%2F");
  EXPECT_EQ(after({.escaped_slashes = EscapedSlashes::unescape}, "/a%2f..%5Cb?c"), "/b?c");
  EXPECT_EQ(after({.escaped_slashes = EscapedSlashes::redirect}, "/a%2Fb"), "-> /a/b");
  EXPECT_EQ(after({.escaped_slashes = EscapedSlashes::redirect}, "/a/./b"), "/a/b");
}

}  // namespace
}  // namespace gnomon::proxy
