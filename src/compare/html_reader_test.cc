#include "compare/html_reader.h"

#include <gtest/gtest.h>

#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

std::string html(std::string_view body) {
  Document document;
  EXPECT_EQ(read_html(body, {}, document), ReadStatus::ok) << body;
  return testing::json_of(document);
}

TEST(HtmlReader, makes_a_tree_in_order) {
  EXPECT_EQ(
      html("<!doctype html>\n<p class=a ID='b c' hidden>Hi <b>you</b> &amp;\n  me<!-- c --></p>"),
      R"([{"@class":"a","@id":"b c","@hidden":"","p":["Hi ",{"b":["you"]}," & me"]}])");
  EXPECT_EQ(html("<DIV><br/><img src=x.png>end"),
            R"([{"div":[{"br":[]},{"@src":"x.png","img":[]},"end"]}])");
}

TEST(HtmlReader, knows_which_end_tags_are_left_out) {
  EXPECT_EQ(html("<ul><li>a<li>b</ul>"), html("<ul><li>a</li><li>b</li></ul>"));
  EXPECT_EQ(html("<p>a<p>b<div>c</div>"), html("<p>a</p><p>b</p><div>c</div>"));
  EXPECT_EQ(html("<table><tr><td>1<td>2<tr><td>3</table>"),
            html("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"));
}

TEST(HtmlReader, takes_scripts_as_text) {
  EXPECT_EQ(html("<script>if (a < b && c) { x = '<p>'; }</SCRIPT>"),
            R"([{"script":["if (a < b && c) { x = '<p>'; }"]}])");
  EXPECT_EQ(html("<title>a &lt; <b></title>"), R"([{"title":["a < <b>"]}])");
}

TEST(HtmlReader, has_a_tree_for_everything) {
  EXPECT_EQ(html(""), "[]");
  EXPECT_EQ(html("a < b"), R"(["a < b"])");
  EXPECT_EQ(html("</p>x</ 1><"), R"(["x<"])");
  EXPECT_EQ(html("<a href=\"x"), R"([{"@href":"x","a":[]}])");
  EXPECT_EQ(html("<p =x>"), R"([{"@=x":"","p":[]}])");
  EXPECT_EQ(html("<script>never ends"), R"([{"script":["never ends"]}])");
  EXPECT_EQ(html("<!-- never ends"), "[]");
  EXPECT_EQ(html("&unknown; &#x41;&#0;&#xd800; &"), "[\"&unknown; A\xef\xbf\xbd\xef\xbf\xbd &\"]");
}

TEST(HtmlReader, has_limits) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep.append("<div>");
  Document document;
  EXPECT_EQ(read_html(deep, {}, document), ReadStatus::limit);
  EXPECT_TRUE(document.limits().has(Limit::depth));
}

}  // namespace
}  // namespace gnomon::compare
