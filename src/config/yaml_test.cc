#include "config/yaml.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "config/testing.h"

namespace gnomon::config {
namespace {

// A tree in one line: plain scalars as they are, others in quotes, each with line:column.
std::string flat(const Node& node) {
  const std::string place = fmt::format("@{}:{}", node.at().line, node.at().column);
  if (node.is_scalar()) {
    return node.is_plain() ? fmt::format("{}{}", node.text(), place)
                           : fmt::format("\"{}\"{}", node.text(), place);
  }
  std::string out = node.is_sequence() ? "[" : "{";
  for (const Node* item : node.items()) out += flat(*item) + " ";
  for (const Entry& entry : node.entries()) {
    out += std::string(entry.key->text()) + "=" + flat(*entry.value) + " ";
  }
  if (out.ends_with(' ')) out.pop_back();
  return out + (node.is_sequence() ? "]" : "}");
}

struct Parsed {
  std::vector<std::string> documents;
  std::string problems;
};

Parsed parse(std::string text, YamlLimits limits = {}) {
  const auto sources = std::make_shared<Sources>();
  Diagnostics diagnostics(sources);
  const uint32_t file = sources->add("test.yaml", std::move(text));
  YamlReader reader(*sources, file, diagnostics, limits);
  Parsed out;
  while (const Node* root = reader.next()) out.documents.push_back(flat(*root));
  out.problems = brief(diagnostics.sorted());
  return out;
}

using Documents = std::vector<std::string>;

TEST(Yaml, keeps_places_and_quoting) {
  const Parsed parsed = parse("a: {b: 'c', d: \"e\"}\nf:\n- g\n- |\n  text\n");
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.documents, Documents{"{a={b=\"c\"@1:8 d=\"e\"@1:16} f=[g@3:3 \"text\n\"@5:1]}"});
}

TEST(Yaml, reads_several_documents_and_skips_empty_ones) {
  const Parsed parsed = parse("# nothing here\n---\na: 1\n---\n---\n# no\n---\nb: 2\n...\nc: 3\n");
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.documents, (Documents{"{a=1@3:4}", "{b=2@8:4}", "{c=3@10:4}"}));
}

TEST(Yaml, reads_no_document_from_nothing) {
  EXPECT_TRUE(parse("").documents.empty());
  EXPECT_TRUE(parse("\n\n# only this\n").documents.empty());
  EXPECT_EQ(parse("---\n...\n").problems, "");
}

TEST(Yaml, does_not_let_a_broken_document_hide_the_next) {
  const Parsed parsed = parse("a: 1\n---\nb: [1, 2\n---\nc: 3\n---\n\td: 4\n---\ne: 5\n");
  EXPECT_EQ(parsed.documents, (Documents{"{a=1@1:4}", "{c=3@5:4}", "{e=5@9:4}"}));
  EXPECT_EQ(parsed.problems.substr(0, 9), "4:1 error");
  EXPECT_NE(parsed.problems.find("\n7:"), std::string::npos) << parsed.problems;
}

TEST(Yaml, keeps_a_directive_with_its_document) {
  const Parsed parsed = parse("%YAML 1.1\n---\na: 1\n");
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.documents, Documents{"{a=1@3:4}"});
}

TEST(Yaml, does_not_cut_inside_of_a_block_scalar_that_is_indented) {
  const Parsed parsed = parse("a: |\n  one\n  ---\n  two\n");
  EXPECT_EQ(parsed.documents, Documents{"{a=\"one\n---\ntwo\n\"@2:1}"});
}

TEST(Yaml, takes_a_byte_order_mark_and_every_line_break) {
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "a: 1\n")
                .documents,
            Documents{"{a=1@1:4}"});
  const Parsed crlf = parse("a: 1\r\n---\r\nb:\r\n  c: 2\r\n");
  EXPECT_EQ(crlf.problems, "");
  EXPECT_EQ(crlf.documents, (Documents{"{a=1@1:4}", "{b={c=2@4:6}}"}));
}

TEST(Yaml, refuses_duplicate_keys_and_keeps_the_first) {
  const Parsed parsed = parse("a: 1\nb: 2\na: 3\n");
  EXPECT_EQ(parsed.documents, Documents{"{a=1@1:4 b=2@2:4}"});
  EXPECT_EQ(parsed.problems, "3:1 error: duplicate key \"a\"\n");
}

TEST(Yaml, finds_duplicates_in_large_mappings) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += fmt::format("k{}: {}\n", i, i);
  text += "k7: again\n";
  EXPECT_EQ(parse(text).problems, "51:1 error: duplicate key \"k7\"\n");
}

TEST(Yaml, resolves_aliases_and_merge_keys) {
  const Parsed parsed = parse(
      "base: &b {x: 1, y: 2}\n"
      "copy: *b\n"
      "own: {<<: *b, y: 3}\n"
      "list: {<<: [{z: 1}, *b, {x: 9}]}\n"
      "quoted: {'<<': 1}\n");
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.documents,
            Documents{"{base={x=1@1:14 y=2@1:20} copy={x=1@1:14 y=2@1:20} own={y=3@3:18 x=1@1:14} "
                      "list={z=1@4:17 x=1@1:14 y=2@1:20} quoted={<<=1@5:16}}"});
}

TEST(Yaml, refuses_what_cannot_be_resolved) {
  EXPECT_EQ(parse("a: *nobody\n").problems,
            "1:4 error: there is no anchor \"&nobody\" before this\n");
  EXPECT_EQ(parse("a: &a [*a]\n").problems, "1:8 error: \"*a\" stands inside of what it names\n");
  EXPECT_EQ(parse("a: {<<: 5}\n").problems, "1:9 error: only mappings can be merged with <<\n");
  EXPECT_EQ(parse("? [a, b]\n: c\n").problems, "1:3 error: a key must be plain text\n");
  EXPECT_EQ(parse("a: !secret b\n").problems,
            "1:12 error: the tag \"!secret\" is not supported here\n");
}

TEST(Yaml, forgets_anchors_at_the_end_of_a_document) {
  const Parsed parsed = parse("a: &x 1\n---\nb: *x\n");
  EXPECT_EQ(parsed.problems, "3:4 error: there is no anchor \"&x\" before this\n");
}

TEST(Yaml, honours_the_tags_of_the_core_schema) {
  const Parsed parsed = parse("a: !!str 5\nb: ! 6\nc: !!int 7\nd: !!map {}\ne: !!seq []\n");
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.documents.at(0).substr(0, 14), "{a=\"5\"@1:10 b=");
  EXPECT_NE(parsed.documents.at(0).find("c=7@"), std::string::npos);
}

TEST(Yaml, refuses_alias_bombs) {
  std::string text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    text += fmt::format("l{0}: &l{0} [*l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}]\n", i,
                        i - 1);
  }
  const Parsed parsed = parse(text + "---\nafter: 1\n");
  EXPECT_EQ(parsed.documents, Documents{"{after=1@32:8}"});
  EXPECT_NE(parsed.problems.find("the document is too large"), std::string::npos);
}

TEST(Yaml, refuses_merge_bombs) {
  std::string text = "a: &a {";
  for (int i = 0; i < 1000; ++i) text += fmt::format("k{}: v,", i);
  text += "}\nlist:\n";
  for (int i = 0; i < 5000; ++i) text += "- {<<: *a}\n";
  EXPECT_NE(parse(text).problems.find("the document is too large"), std::string::npos);
}

TEST(Yaml, refuses_deep_nesting) {
  EXPECT_NE(parse(std::string(100, '[') + std::string(100, ']')).problems, "");
  EXPECT_NE(parse(std::string(100'000, '[')).problems, "");
  EXPECT_NE(parse(std::string(100'000, '{')).problems, "");
  std::string indented;
  for (int i = 0; i < 500; ++i) indented += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_NE(parse(indented).problems, "");
  // Nesting by aliases counts too.
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) chain += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
  EXPECT_NE(parse(chain).problems.find("nested too deeply"), std::string::npos);
}

TEST(Yaml, takes_nesting_up_to_the_limit) {
  const YamlLimits limits{.nodes = 100, .depth = 5};
  EXPECT_EQ(parse("[[[[x]]]]", limits).problems, "");
  EXPECT_NE(parse("[[[[[x]]]]]", limits).problems, "");
}

TEST(Yaml, takes_as_many_nodes_as_the_limit) {
  const YamlLimits limits{.nodes = 4, .depth = 5};
  EXPECT_EQ(parse("[a, b, c]", limits).problems, "");
  EXPECT_EQ(parse("[a, b, c, d]", limits).problems, "1:11 error: the document is too large\n");
}

TEST(Yaml, takes_huge_scalars) {
  const std::string huge(3'000'000, 'x');
  const Parsed parsed = parse("a: \"" + huge + "\"\n");
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.documents.at(0).size(), huge.size() + 10);
}

TEST(Yaml, refuses_bytes_that_are_no_text_and_says_where) {
  struct Case {
    std::string bytes;
    std::string problem;
  };
  const Case cases[] = {
      {std::string("\0", 1), "a NUL byte"},
      {"\x01", "a control character"},
      {"\x7F", "a control character"},
      {"\xFF", "a byte that is not UTF-8"},
      {"\xC0\xAF", "a byte that is not UTF-8"},
      {"\xE0\x80\xAF", "a byte that is not UTF-8"},
      {"\xED\xA0\x80", "a byte that is not UTF-8"},
      {"\xF4\x90\x80\x80", "a byte that is not UTF-8"},
      {"\xC3", "a byte that is not UTF-8"},
      {"\xF0\x9F\x98", "a byte that is not UTF-8"},
  };
  for (const Case& c : cases) {
    const Parsed parsed = parse("ok: 1\n---\na: \xC3\xA9" + c.bytes + "\n---\nlast: 1\n");
    EXPECT_EQ(parsed.documents, (Documents{"{ok=1@1:5}", "{last=1@5:7}"})) << c.problem;
    EXPECT_EQ(parsed.problems, "3:5 error: the file contains " + c.problem + "\n");
  }
}

TEST(Yaml, names_no_line_behind_the_last) {
  EXPECT_EQ(parse("a: {b: 1, c d:\n  e").problems, "2:1 error: missing comma in flow mapping\n");
}

TEST(Yaml, refuses_tabs_as_indentation) {
  EXPECT_NE(parse("a:\n\tb: 1\n").problems, "");
  EXPECT_EQ(parse("a:\t1\n").problems, "");
}

TEST(Yaml, takes_json) {
  const Parsed parsed = parse(R"({"a": [1, true, null, "x\u00e9"]})");
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.documents, Documents{"{a=[1@1:8 true@1:11 null@1:17 \"x\xC3\xA9\"@1:23]}"});
}

}  // namespace
}  // namespace gnomon::config
