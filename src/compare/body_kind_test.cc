#include "compare/body_kind.h"

#include <gtest/gtest.h>

#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

ContentKind kind(std::string_view type, std::string_view body = "x") {
  return content_type_of(type, body).kind;
}

TEST(ContentType, says_the_kind) {
  EXPECT_EQ(kind("application/json"), ContentKind::json);
  EXPECT_EQ(kind(" Application/JSON ; charset=utf-8"), ContentKind::json);
  EXPECT_EQ(kind("application/vnd.api+json;v=2"), ContentKind::json);
  EXPECT_EQ(kind("application/problem+json"), ContentKind::json);
  EXPECT_EQ(kind("application/x-ndjson"), ContentKind::json_lines);
  EXPECT_EQ(kind("text/xml"), ContentKind::xml);
  EXPECT_EQ(kind("application/soap+xml; charset=\"utf-8\""), ContentKind::xml);
  EXPECT_EQ(kind("text/html; charset=iso-8859-1"), ContentKind::html);
  EXPECT_EQ(kind("application/x-www-form-urlencoded"), ContentKind::form);
  EXPECT_EQ(kind("application/grpc"), ContentKind::grpc);
  EXPECT_EQ(kind("application/grpc+proto"), ContentKind::grpc);
  EXPECT_EQ(kind("application/grpc+json"), ContentKind::binary);
  EXPECT_EQ(kind("text/event-stream"), ContentKind::text);
  EXPECT_EQ(kind("text/plain"), ContentKind::text);
  EXPECT_EQ(kind("text/plain", "{}"), ContentKind::text);
  EXPECT_EQ(kind("image/png"), ContentKind::binary);
  EXPECT_EQ(kind("application/json", ""), ContentKind::empty);
}

TEST(ContentType, names_the_boundary) {
  EXPECT_EQ(content_type_of("multipart/form-data; boundary=AbC", "x").boundary, "AbC");
  EXPECT_EQ(content_type_of("multipart/form-data; a=b; Boundary=\"A b\"", "x").boundary, "A b");
  EXPECT_EQ(content_type_of("multipart/form-data", "x").boundary, "");
}

TEST(ContentType, is_guessed_where_there_is_none) {
  EXPECT_EQ(kind("", "\xef\xbb\xbf\n {\"a\":1}"), ContentKind::json);
  EXPECT_EQ(kind("", "[1]"), ContentKind::json);
  EXPECT_EQ(kind("", "<!DOCTYPE html><p>"), ContentKind::html);
  EXPECT_EQ(kind("", "<HTML>"), ContentKind::html);
  EXPECT_EQ(kind("", "<?xml version='1.0'?><a/>"), ContentKind::xml);
  EXPECT_EQ(kind("", "plain words"), ContentKind::text);
  EXPECT_EQ(kind("", std::string(1023, 'a') + "\xc3\xa9"), ContentKind::text);
  EXPECT_EQ(kind("", std::string_view("\x89PNG\r\n\0", 7)), ContentKind::binary);
}

TEST(TreeReader, reads_every_kind_that_has_a_tree) {
  TreeReader reader;
  Document document;
  const auto read = [&](std::string_view type, std::string_view body) {
    const ContentType content = content_type_of(type, body);
    EXPECT_TRUE(has_tree(content.kind)) << type;
    EXPECT_EQ(reader.read(content, body, {}, {}, document), ReadStatus::ok) << type;
    return testing::json_of(document);
  };
  EXPECT_EQ(read("application/json", "{\"a\": 1}"), R"({"a":1})");
  EXPECT_EQ(read("application/x-ndjson", "1\n2\n"), "[1,2]");
  EXPECT_EQ(read("text/xml", "<a/>"), R"({"a":""})");
  EXPECT_EQ(read("text/html", "<a>"), R"([{"a":[]}])");
  EXPECT_EQ(read("application/x-www-form-urlencoded", "a=1"), R"({"a":"1"})");
  EXPECT_EQ(read("multipart/form-data; boundary=B",
                 "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--"),
            R"({"a":"1"})");
  EXPECT_EQ(read("application/grpc", std::string_view("\0\0\0\0\0", 5)), "[{}]");
  EXPECT_EQ(reader.read({ContentKind::binary, ""}, "x", {}, {}, document), ReadStatus::invalid);
  EXPECT_EQ(reader.read({ContentKind::xml, ""}, "x", {}, {}, document), ReadStatus::invalid);
}

}  // namespace
}  // namespace gnomon::compare
