#include "cli/http_dump.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "compare/coding_testing.h"

namespace gnomon::cli {
namespace {

std::string body_of(const HttpDump& dump) {
  std::string out;
  for (const Chunk& chunk : dump.message.body.chunks) out += chunk.view();
  return out;
}

// "200 body | trailers | notes", or what is wrong.
std::string read(std::string_view text) {
  const auto dump = read_http_dump(text);
  if (!dump) return dump.error();
  std::string out = dump->is_request ? fmt::format("{} {}", dump->method, dump->target)
                                     : fmt::format("{}", dump->message.status);
  out += fmt::format(" [{}]", body_of(*dump));
  for (const Field& field : dump->message.trailers) {
    out += fmt::format(" {}={}", field.name, field.value);
  }
  for (const std::string& note : dump->notes) out += " # " + note;
  return out;
}

constexpr std::string_view kChunkedHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
std::string chunked(std::string_view body) { return std::string(kChunkedHead).append(body); }
std::string coded(std::string_view coding, std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\ncontent-length: 99\r\ncontent-encoding: {}\r\n\r\n{}",
                     coding, body);
}

TEST(HttpDump, body_in_chunks_is_put_together) {
  EXPECT_EQ(read(chunked("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n")), "200 [hello world]");
  EXPECT_EQ(read(chunked("5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n")), "200 [hello] X-T=1");
}

TEST(HttpDump, body_that_is_said_to_be_in_chunks_and_is_not_is_taken_as_it_is) {
  EXPECT_EQ(read(chunked("hello")), "200 [hello]");
  EXPECT_EQ(read(chunked("{\"a\": 1}\n")), "200 [{\"a\": 1}\n]");
  EXPECT_EQ(read(chunked("")), "200 []");
}

TEST(HttpDump, chunks_that_end_too_soon_are_told) {
  EXPECT_EQ(
      read(chunked("5\r\nhello\r\n")),
      "200 [5\r\nhello\r\n] # its chunks end too soon, or are none; its body is taken as it is");
}

TEST(HttpDump, trailers_that_curl_prints_behind_the_body_are_none_of_it) {
  const auto announced = [](std::string_view body) {
    return fmt::format(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T, X-U\r\n\r\n{}", body);
  };
  EXPECT_EQ(read(announced("helloX-T: 1\r\nX-U: 2\r\n")), "200 [hello] X-T=1 X-U=2");
  EXPECT_EQ(read(announced("hello\nx-u: 2\r\n\r\n")), "200 [hello\n] x-u=2");
  EXPECT_EQ(read(announced("X-T: of the body\nhello")), "200 [X-T: of the body\nhello]");
  EXPECT_EQ(read(chunked("helloX-T: 1\r\n")), "200 [helloX-T: 1\r\n]");
}

TEST(HttpDump, status_lines_of_every_version) {
  EXPECT_EQ(read("HTTP/2 200 \r\ncontent-length: 2\r\n\r\nok"), "200 [ok]");
  EXPECT_EQ(read("HTTP/3 404\r\n\r\n"), "404 []");
  EXPECT_EQ(read("HTTP/1.0 204 No Content\n\n"), "204 []");
  EXPECT_EQ(read("HTTP/1.1 OK\r\n\r\n"), "its first line is no status line: HTTP/1.1 OK");
  EXPECT_EQ(read("HTTP/2 20\r\n\r\n"), "its first line is no status line: HTTP/2 20");
  EXPECT_EQ(read("HTTP/2 2000\r\n\r\n"), "its first line is no status line: HTTP/2 2000");
}

TEST(HttpDump, coding_that_was_undone_is_told) {
  const std::string body = R"({"a": 1})";
  EXPECT_EQ(
      read(coded("gzip", body)),
      "200 [{\"a\": 1}] # its body is not in the content-encoding gzip that its head names; it "
      "is taken as it is");
  EXPECT_TRUE(read_http_dump(coded("br", body))->message.decoded);
  EXPECT_TRUE(read_http_dump(coded("zstd", body))->message.decoded);
  const auto gzipped = read_http_dump(coded("gzip", compare::testing::gzipped(body)));
  ASSERT_TRUE(gzipped);
  EXPECT_FALSE(gzipped->message.decoded);
  EXPECT_TRUE(gzipped->notes.empty());
  // An answer to HEAD, or 304.
  EXPECT_EQ(read(coded("gzip", "")), "200 []");
}

TEST(HttpDump, last_of_several_responses_counts) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\nok"), "201 [ok]");
  EXPECT_EQ(read("HTTP/2 302 \r\nlocation: /b\r\ncontent-length: 40\r\n\r\n"
                 "HTTP/2 200 \r\ncontent-length: 2\r\n\r\nok"),
            "200 [ok]");
  EXPECT_EQ(read("HTTP/1.1 401 Unauthorized\r\ncontent-length: 3\r\n\r\nno\n"
                 "HTTP/1.1 200 OK\r\n\r\nok"),
            "200 [ok]");
  EXPECT_EQ(read(chunked("2\r\nno\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok")), "200 [ok]");
}

TEST(HttpDump, body_that_begins_like_a_response_is_a_body_if_its_length_says_so) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\nHTTP/1.1 500 Oops"),
            "200 [HTTP/1.1 500 Oops]");
}

TEST(HttpDump, length_that_is_wrong_is_told) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok\n"), "200 [ok]");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"),
            "200 [ok] # its body has 2 bytes, and 9 by its content-length; it is taken as it is");
  EXPECT_EQ(
      read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nlonger"),
      "200 [longer] # its body has 6 bytes, and 2 by its content-length; it is taken as it is");
  // To HEAD.
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"), "200 []");
}

TEST(HttpDump, requests) {
  EXPECT_EQ(read("GET /pets?a=1 HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /pets?a=1 []");
  EXPECT_EQ(read("POST / HTTP/2\ncontent-type: text/plain\n\nbody"), "POST / [body]");
  EXPECT_EQ(read("GET / HTTP/1.1\nHost: a\n"), "GET / [] # its head has no empty line behind it");
}

TEST(HttpDump, heads_by_hand_and_fields_over_two_lines) {
  const auto dump = read_http_dump("HTTP/1.1 200 OK\nA: 1\n  2\nB:3 \n\n");
  ASSERT_TRUE(dump);
  EXPECT_EQ(dump->message.headers.get("a"), "1 2");
  EXPECT_EQ(dump->message.headers.get("b"), "3");
  EXPECT_EQ(read("HTTP/1.1 200 OK\nA: 1\nno\x1b field\n\n"),
            "line 3 is no header field: no\\x1b field");
}

TEST(HttpDump, any_part_of_one_is_read_or_refused) {
  const std::string whole =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nno\r\n0\r\n\r\nHTTP/2 200 \r\nA: 1\r\n 2\r\ncontent-encoding: br, gzip\r\n"
      "Trailer: x-t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n";
  for (size_t from = 0; from < whole.size(); ++from) {
    for (size_t size = 0; from + size <= whole.size(); ++size) {
      const std::string part = whole.substr(from, size);
      const auto dump = read_http_dump(part);
      if (!dump) EXPECT_NE(dump.error(), "") << part;
    }
  }
  EXPECT_EQ(read(whole),
            "200 [hello] x-t=1 # its body is not in the content-encoding br, gzip that its head "
            "names; it is taken as it is");
}

TEST(HttpDump, is_told_by_the_first_line) {
  for (const std::string_view text : {"HTTP/1.1 200 OK\r\n", "HTTP/2 200", "HTTP/1.1 gone wrong\n",
                                      "GET / HTTP/1.1\n", "PURGE http://a/ HTTP/1.0\r\n"}) {
    EXPECT_TRUE(is_http_dump(text)) << text;
  }
  for (const std::string_view text : {"", "{}", "HTTP/ is a protocol", "GET /\n", "a b HTTP/x\n",
                                      "say GET / HTTP/1.1\n", "/ HTTP/1.1\n"}) {
    EXPECT_FALSE(is_http_dump(text)) << text;
  }
}

}  // namespace
}  // namespace gnomon::cli
