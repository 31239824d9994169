#include "compare/xml_reader.h"

#include <gtest/gtest.h>

#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

std::string xml(std::string_view body, ReadStatus expected = ReadStatus::ok) {
  Document document;
  EXPECT_EQ(read_xml(body, {}, document), expected) << body;
  return expected == ReadStatus::ok ? testing::json_of(document) : "";
}

TEST(XmlReader, groups_children_by_name) {
  EXPECT_EQ(
      xml(R"(<?xml version="1.0"?><!-- c --><pet id="7"><tag>a</tag><name/><tag>b</tag></pet>)"),
      R"({"pet":{"@id":"7","name":[""],"tag":["a","b"]}})");
  EXPECT_EQ(xml("<s:a xmlns:s='u'>\n  <s:b> x </s:b>\n</s:a>"),
            R"({"s:a":{"@xmlns:s":"u","s:b":[" x "]}})");
}

TEST(XmlReader, keeps_text_however_it_was_written) {
  EXPECT_EQ(xml("<a>x &lt; <![CDATA[<y>]]><!-- c -->&#65;</a>"), xml("<a>x &lt; &lt;y&gt;A</a>"));
  EXPECT_EQ(xml("<a>one<b/>two</a>"), R"({"a":{"#text":["one","two"],"b":[""]}})");
  EXPECT_EQ(xml("<a>one<b/></a>"), R"({"a":{"#text":["one",""],"b":[""]}})");
  EXPECT_EQ(xml("<a x='1'>one</a>"), R"({"a":{"@x":"1","#text":"one"}})");
}

TEST(XmlReader, knows_where_text_stands_among_elements) {
  EXPECT_EQ(xml("<p><b/>one two</p>"), R"({"p":{"#text":["","one two"],"b":[""]}})");
  EXPECT_EQ(xml("<p>one two<b/></p>"), R"({"p":{"#text":["one two",""],"b":[""]}})");
  EXPECT_EQ(xml("<p>\n <b/>one<!-- c --> two<i/> <b/></p>"),
            R"({"p":{"#text":["","one two","",""],"b":["",""],"i":[""]}})");
  EXPECT_EQ(xml("<p> <b/> <i/> </p>"), R"({"p":{"b":[""],"i":[""]}})");
}

TEST(XmlReader, follows_no_entity) {
  const std::string external = xml(
      "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY y \"lol\">]><a>&x;&y;</a>");
  EXPECT_TRUE(external.ends_with(R"("a":"&x;&y;"})")) << external;
  // Two documents that mean different things by it are not the same.
  EXPECT_NE(xml("<!DOCTYPE a [<!ENTITY x '1'>]><a>&x;</a>"),
            xml("<!DOCTYPE a [<!ENTITY x '2'>]><a>&x;</a>"));
  EXPECT_EQ(xml("<!DOCTYPE a SYSTEM 'a.dtd'><a/>"), R"({"a":""})");
}

TEST(XmlReader, does_not_end_at_a_nul) {
  using namespace std::string_view_literals;
  for (const std::string_view bad : {"<a>1</a>\0<b/>"sv, "<a>1\0 2</a>"sv, "<a b='1\0 2'/>"sv,
                                     "<a>1&#0;2</a>"sv, "<a b='&#x00;2'/>"sv}) {
    xml(bad, ReadStatus::invalid);
  }
  EXPECT_EQ(xml("<a>&#10;&#x0A;&#00065;&#</a>"), xml("<a>\n\nA&#</a>"));
  EXPECT_EQ(xml("\xFF\xFE<\0a\0/\0>\0"sv), R"({"a":""})");
}

TEST(XmlReader, refuses_what_is_no_document) {
  for (const char* bad : {"", "text", "<a>", "<a></b>", "<a/><b/>", "{\"a\":1}", "<!-- only -->"}) {
    xml(bad, ReadStatus::invalid);
  }
}

TEST(XmlReader, has_limits) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep.append("<a>");
  for (int i = 0; i < 100'000; ++i) deep.append("</a>");
  Document document;
  EXPECT_EQ(read_xml(deep, {}, document), ReadStatus::limit);
  EXPECT_TRUE(document.limits().has(Limit::depth));
  DocumentLimits limits;
  limits.nodes = 100;
  EXPECT_EQ(read_xml(deep, limits, document), ReadStatus::limit);
  limits.text_bytes = 100;
  EXPECT_EQ(read_xml(deep, limits, document), ReadStatus::limit);
}

}  // namespace
}  // namespace gnomon::compare
