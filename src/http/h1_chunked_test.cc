#include "http/h1_chunked.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/h1_transcript.h"

namespace gnomon::http {
namespace {

using std::string_literals::operator""s;

constexpr std::string_view kHead =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kHeadText = "head POST / 1.1 host=a streamed length=-1 \n";

// What the parser says behind the head of a chunked request.
std::string read(std::string_view body, const Cut& cut = whole(), const H1Limits& limits = {}) {
  const std::string text = read_requests(std::string(kHead) + std::string(body), cut, limits);
  EXPECT_TRUE(text.starts_with(kHeadText)) << text;
  return text.substr(kHeadText.size());
}

struct Row {
  std::string body;
  std::string text;
};

std::vector<Row> accepted() {
  return {
      {"0\r\n\r\n", "end\n"},
      {"5\r\nhello\r\n0\r\n\r\n", "body hello\nend\n"},
      {"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "body abc\nend\n"},
      {"a\r\n0123456789\r\n0\r\n\r\n", "body 0123456789\nend\n"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "body 0123456789\nend\n"},
      {"0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", "body abc\nend\n"},
      {"4\r\n\r\n\r\n\r\n0\r\n\r\n", "body \r\n\r\n\nend\n"},
      {"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "body 0\r\n\r\n\nend\n"},
      // Extensions say nothing to us, but must be well-formed.
      {"3;a\r\nabc\r\n0;b\r\n\r\n", "body abc\nend\n"},
      {"3;a=b\r\nabc\r\n0\r\n\r\n", "body abc\nend\n"},
      {"3;a=b;c;d=\"e\"\r\nabc\r\n0\r\n\r\n", "body abc\nend\n"},
      {"3 ; a = b\t;\tc\r\nabc\r\n0\r\n\r\n", "body abc\nend\n"},
      {"3;a=\"\"\r\nabc\r\n0\r\n\r\n", "body abc\nend\n"},
      {"3;a=\"; \\\" \\\\ \t \xe9\"\r\nabc\r\n0\r\n\r\n", "body abc\nend\n"},
      {"3;a=\"b\";c\r\nabc\r\n0\r\n\r\n", "body abc\nend\n"},
      {"3;a=\"b\" ;c\r\nabc\r\n0\r\n\r\n", "body abc\nend\n"},
      // Trailers.
      {"1\r\na\r\n0\r\nX-Sum:  7 \r\nEmpty:\r\n\r\n", "body a\nend[X-Sum=7][Empty=]\n"},
      {"0\r\nx: 1\r\nx: 2\r\n\r\n", "end[x=1][x=2]\n"},
      {"0\r\ngrpc-status: 0\r\nGrpc-Message: ok\r\n\r\n", "end[grpc-status=0][Grpc-Message=ok]\n"},
  };
}

TEST(H1Chunked, decodes_every_valid_body_however_it_is_cut) {
  for (const Row& row : accepted()) {
    EXPECT_EQ(read(row.body), row.text);
    for (size_t cut = 1; cut < kHead.size() + row.body.size(); ++cut) {
      ASSERT_EQ(read(row.body, once_at(cut)), row.text) << row.body << " cut at " << cut;
    }
    for (size_t n = 1; n < 8; ++n) ASSERT_EQ(read(row.body, pieces_of(n)), row.text) << row.body;
  }
}

TEST(H1Chunked, refuses_every_malformed_chunk_line) {
  const std::vector<std::string> lines = {
      "",
      " ",
      "+3",
      "-3",
      "0x3",
      "3h",
      "g",
      "x",
      " 3",
      "\t3",
      "3 ",
      "3\t",
      "3,3",
      "3 3",
      "3.0",
      "3;",
      "3; ",
      "3;;a",
      "3;=b",
      "3;a=",
      "3;a=;b",
      "3;a b",
      "3;a=b c",
      "3;a==b",
      "3;a=\"b",
      "3;a=\"b\"c",
      "3;a\"b\"",
      "3;a=b=c",
      "3;a=\"b\" ",
      "3;a ",
      "3;a=b ",
      "3;[a]",
      "3;a=[b]",
      "3;a@",
      "3;\xe9",
      "3;a=\xe9",
      "3\v",
      "\v3",
      "\2403",
      "3;a=\"b\\",
      "\"3\"",
      "8000000000000000",
      "8000000000000003",
      "ffffffffffffffff",
      "10000000000000003",
      "00000000000000003",
      std::string(1000, '0') + "3",
      "3\0"s,
      "\0003"s,
      "3;\0"s,
      "3;a\0"s,
      "3;a=\0"s,
      "3;a=\"\0\""s,
      "3;a=\"\x01\"",
      "3;a=\"\x7f\"",
      "3;a=\"\\\x01\"",
  };
  for (const std::string& line : lines) {
    const std::string text = read(line + "\r\nabc\r\n0\r\n\r\n");
    EXPECT_TRUE(text.starts_with("error 400 ")) << testing::PrintToString(line) << ": " << text;
    EXPECT_EQ(read(line + "\r\nabc\r\n0\r\n\r\n", pieces_of(1)), text) << line;
  }
}

TEST(H1Chunked, refuses_every_line_end_but_crlf) {
  for (const char* body : {
           "3\nabc\r\n0\r\n\r\n",
           "3\rabc\r\n0\r\n\r\n",
           "3\r\rabc\r\n0\r\n\r\n",
           "3\r\r;a\r\nabc\r\n0\r\n\r\n",
           "3;a\nabc\r\n0\r\n\r\n",
           "3;a\rabc\r\n0\r\n\r\n",
           "3;a\rb\r\nabc\r\n0\r\n\r\n",
           "3;a\nb\r\nabc\r\n0\r\n\r\n",
           "3;a=\"\r\n\"\r\nabc\r\n0\r\n\r\n",
           "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n",
           "3\r\nabc\n0\r\n\r\n",
           "3\r\nabc\r0\r\n\r\n",
           "3\r\nabc0\r\n\r\n",
           "3\r\nabcX0\r\n\r\n",
           "3\r\nabcd\r\n0\r\n\r\n",
           "3\r\nab\r\n0\r\n\r\n",
           "3\r\nabc\r\n\r\n0\r\n\r\n",
           "0\n\r\n",
           "0\n\n",
           "0\r\n\n",
           "0\r\n\rX",
           "0\r\r\n\r\n",
           "3\r\nabc\r\n0\n\r\n",
           "3\r\nabc\r\n0\r\n\n",
       }) {
    const std::string text = read(body);
    EXPECT_NE(text.find("error 400 "), std::string::npos) << testing::PrintToString(body) << text;
    EXPECT_EQ(("\n" + text).find("\nend"), std::string::npos)
        << testing::PrintToString(body) << text;
    EXPECT_EQ(read(body, pieces_of(1)), text) << testing::PrintToString(body);
  }
}

TEST(H1Chunked, refuses_malformed_trailers) {
  for (const char* line :
       {"X", "X : y", "X\t: y", " X: y", ": y", "X: a\nb", "X: a\rb", "X: a\r\n b", "X[]: y",
        "X@: y", "X: \x01", "X: \x7f", "\xe9: y", "0", "X Y: z", "GET / HTTP/1.1"}) {
    const std::string text = read("0\r\n" + std::string(line) + "\r\n\r\n");
    EXPECT_TRUE(text.starts_with("error 400 ")) << testing::PrintToString(line) << text;
  }
  EXPECT_TRUE(read("0\r\nX: \0\r\n\r\n"s).starts_with("error 400 "));
}

TEST(H1Chunked, refuses_framing_and_connection_fields_in_trailers) {
  for (const char* name : {"Content-Length", "transfer-encoding", "Connection", "TE", "Upgrade",
                           "Keep-Alive", "Proxy-Connection"}) {
    EXPECT_EQ(read(fmt::format("0\r\na: 1\r\n{}: 5\r\n\r\n", name), pieces_of(1)),
              "error 400 framing or connection field in a trailer section\n");
  }
}

TEST(H1Chunked, drops_trailers_that_would_frame_route_or_authenticate) {
  for (const char* name : {"Host",
                           "Trailer",
                           "Expect",
                           "Proxy",
                           "Authorization",
                           "Proxy-Authorization",
                           "Cookie",
                           "Set-Cookie",
                           "X-Forwarded-For",
                           "x-forwarded-host",
                           "X-FORWARDED-PROTO",
                           "Forwarded",
                           "X-Real-IP",
                           "X-Request-Id",
                           "X-Envoy-Attempt-Count",
                           "x-envoy-original-path",
                           "X-Gnomon-Shadow",
                           "Content-Type",
                           "Content-Encoding",
                           "Content-Range",
                           "Cache-Control",
                           "Range",
                           "If-Match",
                           "Location",
                           "Date",
                           "Retry-After",
                           "Vary",
                           "WWW-Authenticate",
                           "Age",
                           "Max-Forwards",
                           "Via",
                           "X-HTTP-Method-Override",
                           "X-Original-URL"}) {
    EXPECT_EQ(read(fmt::format("0\r\na: 1\r\n{}: x\r\nb: 2\r\n\r\n", name)), "end[a=1][b=2]\n")
        << name;
  }
}

TEST(H1Chunked, drops_trailers_that_connection_named_in_the_head) {
  const std::string text = read_requests(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nx-hop: 1\r\nx-end: 2\r\n\r\n",
      pieces_of(1));
  EXPECT_EQ(text, std::string(kHeadText) + "end[x-end=2]\n");
}

TEST(H1Chunked, bounds_extensions_over_the_whole_body) {
  H1Limits limits;
  limits.chunk_extension_bytes = 20;
  std::string body;
  for (int i = 0; i < 5; ++i) body += "1;abc\r\nx\r\n";
  EXPECT_EQ(read(body + "0\r\n\r\n", whole(), limits), "body xxxxx\nend\n");
  EXPECT_EQ(read(body + "1;\r\n", pieces_of(1), limits),
            "body xxxxx\nerror 400 too many bytes of chunk extensions\n");
  EXPECT_EQ(read("1;" + std::string(100000, 'a'), whole(), limits),
            "error 400 too many bytes of chunk extensions\n");
}

TEST(H1Chunked, starts_every_body_with_the_whole_budget_for_extensions) {
  H1Limits limits;
  limits.chunk_extension_bytes = 4;
  const std::string body = "1;abc\r\nx\r\n0\r\n\r\n";
  const std::string text = "body x\nend\n";
  EXPECT_EQ(read(body + std::string(kHead) + body, whole(), limits),
            text + std::string(kHeadText) + text);
}

TEST(H1Chunked, bounds_the_trailer_section) {
  H1Limits limits;
  limits.trailer_bytes = 100;
  limits.trailer_fields = 2;
  const std::string fits =
      "0\r\nX: " + std::string(93, 'x') + "\r\n\r\n";  // 100 with its empty line
  EXPECT_TRUE(read(fits, whole(), limits).starts_with("end"));
  for (const Cut& cut : {whole(), pieces_of(1)}) {
    EXPECT_EQ(read("0\r\nX: " + std::string(94, 'x') + "\r\n\r\n", cut, limits),
              "error 431 trailer section too long\n");
    EXPECT_EQ(read("0\r\na:\r\nb:\r\nc:\r\n\r\n", cut, limits), "error 431 too many fields\n");
  }
}

TEST(H1Chunked, hands_out_a_chunk_of_any_size_piece_by_piece) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(std::string(kHead) + "7fffffffffffffff\r\nab");
  ASSERT_EQ(parser.next(in), H1Event::head);
  ASSERT_EQ(parser.next(in), H1Event::body);
  EXPECT_EQ(parser.take_body().view(), "ab");
  EXPECT_EQ(parser.next(in), H1Event::need_data);
}

}  // namespace
}  // namespace gnomon::http
