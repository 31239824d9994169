#include "compare/form_reader.h"

#include <gtest/gtest.h>

#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

std::string form(std::string_view body, ReadStatus expected = ReadStatus::ok) {
  Document document;
  EXPECT_EQ(read_form(body, {}, document), expected) << body;
  return expected == ReadStatus::ok ? testing::json_of(document) : "";
}

std::string multipart(std::string_view body, ReadStatus expected = ReadStatus::ok) {
  Document document;
  EXPECT_EQ(read_multipart(body, "XyZ", {}, document), expected) << body;
  return expected == ReadStatus::ok ? testing::json_of(document) : "";
}

TEST(FormReader, decodes_names_and_values) {
  EXPECT_EQ(form("a=1&b+c=%41%2b%26&a=2"), R"({"a":"1","b c":"A+&","a":"2"})");
  EXPECT_EQ(form("flag&&empty=&x=a=b\r\n"), R"({"flag":"","empty":"","x":"a=b"})");
  EXPECT_EQ(form("bad=%4&worse=%zz&last=%"), R"({"bad":"%4","worse":"%zz","last":"%"})");
  EXPECT_EQ(form(""), "{}");
}

TEST(FormReader, refuses_what_is_no_form) {
  form(std::string_view("a=\0", 3), ReadStatus::invalid);
  form("a=1\nb=2", ReadStatus::invalid);
}

TEST(FormReader, has_limits) {
  DocumentLimits limits;
  limits.nodes = 3;
  Document document;
  EXPECT_EQ(read_form("a=1&b=2&c=3", limits, document), ReadStatus::limit);
  EXPECT_TRUE(document.limits().has(Limit::nodes));
}

TEST(MultipartReader, reads_fields_and_files) {
  EXPECT_EQ(multipart("preamble\r\n--XyZ\r\n"
                      "Content-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--XyZ  \r\n"
                      "content-type: text/plain\r\nCONTENT-DISPOSITION: form-data;name=b\r\n\r\n"
                      "\r\n--XyZ--\r\nepilogue"),
            R"({"a":"1\r\n2","b":""})");
  EXPECT_EQ(
      multipart("--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x;y.png\"\r\n"
                "Content-Type: image/png\r\n\r\n\x01\x02\r\n--XyZ--"),
      R"({"f":{"filename":"x;y.png","type":"image/png","length":2,)"
      R"("digest":"d2f0f9428898845f08130b77ddef5807"}})");
}

TEST(MultipartReader, refuses_what_is_cut_or_has_no_names) {
  multipart("--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--Xy",
            ReadStatus::invalid);
  multipart("--XyZ\r\nContent-Type: text/plain\r\n\r\n1\r\n--XyZ--", ReadStatus::invalid);
  multipart("no boundary", ReadStatus::invalid);
  multipart("", ReadStatus::invalid);
}

}  // namespace
}  // namespace gnomon::compare
