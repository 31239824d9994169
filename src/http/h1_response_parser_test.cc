#include "http/h1_response_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/h1_transcript.h"

namespace gnomon::http {
namespace {

using std::string_literals::operator""s;

// How the request was, and what the backend does after its last byte.
struct Exchange {
  Method method = Method::get;
  bool upgrade_offered = false;
  bool closes = false;
};

std::string read(std::string_view bytes, const Exchange& exchange = {}, const Cut& cut = whole(),
                 const H1Limits& limits = {}) {
  H1ResponseParser parser(limits);
  parser.expect(exchange.method, exchange.upgrade_offered);
  Transcript transcript(parser);
  transcript.feed(bytes, cut);
  if (exchange.closes) transcript.finish_response();
  return transcript.text();
}

struct Accepted {
  std::string bytes;
  std::string text;
  Exchange exchange = {};
};

std::string ok(std::string_view fields, std::string_view body = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::vector<Accepted> accepted() {
  const Exchange head{.method = Method::head};
  const Exchange closes{.closes = true};
  const Exchange upgrade{.upgrade_offered = true, .closes = true};
  return {
      {ok("Content-Length: 5\r\n", "hello"),
       "head 200 1.1 \"OK\" sized length=5 \nbody hello\nend\n"},
      {ok("Content-Length: 0\r\n"), "head 200 1.1 \"OK\" none length=0 \nend\n"},
      {ok("Transfer-Encoding: Chunked\r\n", "5\r\nhello\r\n0\r\nX-Sum: 1\r\nDate: x\r\n\r\n"),
       "head 200 1.1 \"OK\" streamed length=-1 \nbody hello\nend[X-Sum=1]\n"},
      // Reason phrases are anything or nothing.
      {"HTTP/1.1 404 Not  Found\t\xe9!\r\nContent-Length: 0\r\n\r\n",
       "head 404 1.1 \"Not  Found\t\xe9!\" none length=0 \nend\n"},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "head 200 1.1 \"\" none length=0 \nend\n"},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "head 200 1.1 \"\" none length=0 \nend\n"},
      {"HTTP/1.1 599 x\r\nContent-Length: 0\r\n\r\n", "head 599 1.1 \"x\" none length=0 \nend\n"},
      {"HTTP/1.4 200 OK\r\nContent-Length: 0\r\n\r\n", "head 200 1.1 \"OK\" none length=0 \nend\n"},
      // Bodies that end with the connection.
      {ok("X: y\r\n", "hello"),
       "head 200 1.1 \"OK\" until_close length=-1 [X=y]\nbody hello\nend close\n", closes},
      {ok(""), "head 200 1.1 \"OK\" until_close length=-1 \nend close\n", closes},
      {"HTTP/1.0 200 OK\r\n\r\nhello",
       "head 200 1.0 \"OK\" until_close length=-1 \nbody hello\nend close\n", closes},
      // Persistence.
      {ok("Connection: close\r\nContent-Length: 0\r\n"),
       "head 200 1.1 \"OK\" none length=0 \nend close\n"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
       "head 200 1.0 \"OK\" sized length=2 \nbody hi\nend close\n"},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
       "head 200 1.0 \"OK\" sized length=2 \nbody hi\nend\n"},
      // Hop-by-hop fields end here.
      {ok("Connection: close, X-Hop\r\nx-hop: 1\r\nKeep-Alive: timeout=5\r\nX-Keep: 2\r\n"
          "Proxy-Connection: close\r\nUpgrade: h2\r\nContent-Length: 0\r\n"),
       "head 200 1.1 \"OK\" none length=0 [X-Keep=2]\nend close\n"},
      {"HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: foo\r\n"
       "Content-Length: 0\r\n\r\n",
       "head 426 1.1 \"Upgrade Required\" none length=0 upgrade=foo \nend\n"},
      // Responses that never have a body.
      {ok("Content-Length: 5\r\n"), "head 200 1.1 \"OK\" none length=5 \nend\n", head},
      {ok("Transfer-Encoding: chunked\r\n"), "head 200 1.1 \"OK\" none length=-1 \nend\n", head},
      {ok(""), "head 200 1.1 \"OK\" none length=-1 \nend\n", head},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n",
       "head 304 1.1 \"Not Modified\" none length=9 [ETag=\"a\"]\nend\n"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "head 204 1.1 \"No Content\" none length=-1 \nend\n"},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
       "head 204 1.1 \"No Content\" none length=-1 \nend\n"},
      // A 204 that announces a body: the connection is not trusted again.
      {"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n",
       "head 204 1.1 \"No Content\" none length=-1 \nend close\n"},
      {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
       "head 204 1.1 \"No Content\" none length=-1 \nend close\n"},
      // Interim responses.
      {"HTTP/1.1 100 Continue\r\n\r\n" + ok("Content-Length: 2\r\n", "hi"),
       "head 100 1.1 \"Continue\" none length=-1 \n"
       "head 200 1.1 \"OK\" sized length=2 \nbody hi\nend\n"},
      {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n"
       "HTTP/1.1 199 x\r\nConnection: close\r\n\r\n" +
           ok("Content-Length: 0\r\n"),
       "head 103 1.1 \"Early Hints\" none length=-1 [Link=</a>]\n"
       "head 199 1.1 \"x\" none length=-1 \n"
       "head 200 1.1 \"OK\" none length=0 \nend\n"},
      // A tunnel.
      {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
       "Sec-WebSocket-Accept: x\r\n\r\nHTTP/1.1 \x01 raw",
       "head 101 1.1 \"Switching Protocols\" none length=-1 upgrade=websocket "
       "[Sec-WebSocket-Accept=x]\nbody HTTP/1.1 \x01 raw\nend close\n",
       upgrade},
      // An upgrade that was offered and not taken.
      {ok("Content-Length: 0\r\n"),
       "head 200 1.1 \"OK\" none length=0 \nend\n",
       {.upgrade_offered = true}},
  };
}

TEST(H1ResponseParser, reads_every_valid_response_as_meant) {
  for (const Accepted& row : accepted()) EXPECT_EQ(read(row.bytes, row.exchange), row.text);
}

TEST(H1ResponseParser, reads_the_same_however_the_bytes_are_cut) {
  for (const Accepted& row : accepted()) {
    for (size_t cut = 1; cut < row.bytes.size(); ++cut) {
      ASSERT_EQ(read(row.bytes, row.exchange, once_at(cut)), row.text) << "cut at " << cut;
    }
    for (size_t n = 1; n < 8; ++n) {
      ASSERT_EQ(read(row.bytes, row.exchange, pieces_of(n)), row.text) << "pieces of " << n;
    }
  }
}

std::vector<std::string> refused() {
  std::vector<std::string> rows;
  for (const char* line : {"",
                           " ",
                           "hello",
                           "<html>",
                           "\r\n",
                           " HTTP/1.1 200 OK",
                           "http/1.1 200 OK",
                           "HTTP/2.0 200 OK",
                           "HTTP/0.9 200 OK",
                           "HTTP/3.7 200 OK",
                           "HTTP/1 200 OK",
                           "HTTP/1.1x 200 OK",
                           "HTTP/1.10 200 OK",
                           "HTTP/1.1  200 OK",
                           "HTTP/1.1\t200 OK",
                           "HTTP/1.1 200\tOK",
                           "HTTP/1.1 2000 OK",
                           "HTTP/1.1 20 OK",
                           "HTTP/1.1 2 OK",
                           "HTTP/1.1 OK",
                           "HTTP/1.1 abc OK",
                           "HTTP/1.1 2x0 OK",
                           "HTTP/1.1 -20 OK",
                           "HTTP/1.1 +20 OK",
                           "HTTP/1.1 000 OK",
                           "HTTP/1.1 099 OK",
                           "HTTP/1.1 600 OK",
                           "HTTP/1.1 999 OK",
                           "HTTP/1.1200 OK",
                           "HTTP/1.1",
                           "HTTP/1.1 ",
                           "HTTP/1.1 200OK",
                           "ICY 200 OK",
                           "HTTP/1.1 200 O\nK",
                           "HTTP/1.1 200 O\rK",
                           "HTTP/1.1 200 O\x01K",
                           "HTTP/1.1 200 O\x7fK",
                           "HTTP/1.1 200 OK\r",
                           "HTTP/1.1 200\n"}) {
    rows.push_back(std::string(line) + "\r\nContent-Length: 0\r\n\r\n");
  }
  rows.push_back("HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"s);
  rows.push_back("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
  for (const char* field : {"Content-Length: 5x",
                            "Content-Length: -5",
                            "Content-Length: +5",
                            "Content-Length:",
                            "Content-Length: 5, 5",
                            "Content-Length: 5\r\nContent-Length: 5",
                            "Content-Length: 5\r\nContent-Length: 6",
                            "Content-Length: 9223372036854775808",
                            "Transfer-Encoding: gzip",
                            "Transfer-Encoding: chunked, chunked",
                            "Transfer-Encoding: chunked, gzip",
                            "Transfer-Encoding: gzip, chunked",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                            "Transfer-Encoding: xchunked",
                            "Transfer-Encoding:",
                            "Transfer-Encoding: chunked\r\nContent-Length: 5",
                            "Content-Length: 5\r\nTransfer-Encoding: chunked",
                            "X : y",
                            ": y",
                            "X",
                            "X: a\r\n b",
                            "X: a\rb",
                            "X: a\nb",
                            "X: \x01",
                            "X: \x7f",
                            "X[]: y",
                            " X: y",
                            "Connection: a b"}) {
    rows.push_back(ok(std::string(field) + "\r\n", "0\r\n\r\n"));
  }
  rows.push_back(ok("X: a\0b\r\n"s));
  rows.push_back("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  rows.push_back(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw");
  return rows;
}

TEST(H1ResponseParser, refuses_every_malformed_head_with_502) {
  for (const std::string& row : refused()) {
    const std::string text = read(row);
    EXPECT_TRUE(text.starts_with("error 502 ")) << testing::PrintToString(row) << text;
    EXPECT_EQ(read(row, {}, pieces_of(1)), text) << testing::PrintToString(row);
  }
}

TEST(H1ResponseParser, refuses_a_switch_that_names_no_protocol) {
  const Exchange offered{.upgrade_offered = true};
  EXPECT_TRUE(read("HTTP/1.1 101 x\r\n\r\n", offered).starts_with("error 502 "));
  EXPECT_TRUE(read("HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\n", offered).starts_with("error 502 "));
}

TEST(H1ResponseParser, calls_a_message_cut_short_an_error) {
  const Exchange closes{.closes = true};
  EXPECT_EQ(read("", closes), "error 502 connection closed before a response\n");
  EXPECT_EQ(read("HTTP/1.1 2", closes), "error 502 connection closed within a response head\n");
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\n", closes),
            "head 100 1.1 \"Continue\" none length=-1 \n"
            "error 502 connection closed within a response head\n");
  EXPECT_TRUE(read(ok("Content-Length: 5\r\n", "hell"), closes)
                  .ends_with("error 502 connection closed within a body\n"));
  for (const char* body : {"", "5", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "0\r\nX: y\r\n"}) {
    EXPECT_TRUE(read(ok("Transfer-Encoding: chunked\r\n", body), closes)
                    .ends_with("error 502 connection closed within a chunked body\n"));
  }
}

TEST(H1ResponseParser, refuses_a_bad_chunk_after_a_good_head) {
  EXPECT_EQ(read(ok("Transfer-Encoding: chunked\r\n", "1\r\na\r\nzz\r\n")),
            "head 200 1.1 \"OK\" streamed length=-1 \nbody a\n"
            "error 502 chunk size without a digit\n");
}

TEST(H1ResponseParser, trusts_no_connection_with_bytes_left_over) {
  const std::string extra = ok("Content-Length: 4\r\n", "EVIL");
  EXPECT_EQ(read(ok("Content-Length: 2\r\n", "hi") + extra),
            "head 200 1.1 \"OK\" sized length=2 \nbody hi\nend close\n"
            "error 502 bytes that no request explains\n");
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\nEVIL"),
            "head 204 1.1 \"No Content\" none length=-1 \nend close\n"
            "error 502 bytes that no request explains\n");
  EXPECT_EQ(read(ok("Content-Length: 4\r\n", "EVIL"), {.method = Method::head}),
            "head 200 1.1 \"OK\" none length=4 \nend close\n"
            "error 502 bytes that no request explains\n");
  EXPECT_EQ(read(ok("Transfer-Encoding: chunked\r\n", "0\r\n\r\nx")),
            "head 200 1.1 \"OK\" streamed length=-1 \nend close\n"
            "error 502 bytes that no request explains\n");
}

TEST(H1ResponseParser, refuses_bytes_on_an_idle_connection) {
  const H1Limits limits;
  H1ResponseParser parser(limits);
  EXPECT_TRUE(parser.idle());
  Chunk in;
  EXPECT_EQ(parser.next(in), H1Event::need_data);
  in = Chunk::of_static("H");
  EXPECT_EQ(parser.next(in), H1Event::error);
}

TEST(H1ResponseParser, matches_answers_to_requests_in_their_order) {
  const H1Limits limits;
  H1ResponseParser parser(limits);
  parser.expect(Method::head, false);
  parser.expect(Method::get, false);
  parser.expect(Method::head, false);
  Transcript transcript(parser);
  const std::string headers = ok("Content-Length: 2\r\n");
  transcript.feed(headers + headers + "hi" + headers, pieces_of(5));
  EXPECT_EQ(transcript.text(),
            "head 200 1.1 \"OK\" none length=2 \nend\n"
            "head 200 1.1 \"OK\" sized length=2 \nbody hi\nend\n"
            "head 200 1.1 \"OK\" none length=2 \nend\n");
  EXPECT_TRUE(parser.idle());
  EXPECT_TRUE(parser.keep_alive());
}

TEST(H1ResponseParser, serves_exchange_after_exchange) {
  const H1Limits limits;
  H1ResponseParser parser(limits);
  for (int i = 0; i < 3; ++i) {
    parser.expect(Method::get, false);
    EXPECT_FALSE(parser.idle());
    EXPECT_FALSE(parser.started());
    Transcript transcript(parser);
    transcript.feed(ok("Content-Length: 2\r\n", "hi"), pieces_of(3));
    EXPECT_EQ(transcript.text(), "head 200 1.1 \"OK\" sized length=2 \nbody hi\nend\n");
    EXPECT_TRUE(parser.idle());
    EXPECT_EQ(parser.finish(), H1Event::need_data);
  }
}

TEST(H1ResponseParser, says_whether_an_answer_has_begun) {
  const H1Limits limits;
  H1ResponseParser parser(limits);
  parser.expect(Method::get, false);
  Chunk in = Chunk::of_static("H");
  EXPECT_EQ(parser.next(in), H1Event::need_data);
  EXPECT_TRUE(parser.started());
}

TEST(H1ResponseParser, bounds_interim_responses_per_response) {
  H1Limits limits;
  limits.interim_responses = 2;
  const std::string interim = "HTTP/1.1 103 x\r\n\r\n";
  const std::string last = ok("Content-Length: 0\r\n");
  const std::string twice = interim + interim + last;
  const std::string text = read(twice, {}, whole(), limits);
  EXPECT_TRUE(text.ends_with("end\n")) << text;
  EXPECT_TRUE(read(interim + twice, {}, whole(), limits)
                  .ends_with("error 502 too many interim responses\n"));
  H1ResponseParser parser(limits);
  Transcript transcript(parser);
  for (int i = 0; i < 2; ++i) {
    parser.expect(Method::get, false);
    transcript.feed(twice, whole());
  }
  EXPECT_TRUE(transcript.text().ends_with("end\n"));
}

TEST(H1ResponseParser, bounds_the_head) {
  H1Limits limits;
  limits.start_line_bytes = 100;
  limits.head_bytes = 300;
  limits.fields = 2;
  for (const Cut& cut : {whole(), pieces_of(1)}) {
    EXPECT_EQ(read("HTTP/1.1 200 " + std::string(200, 'x'), {}, cut, limits),
              "error 502 status line too long\n");
    EXPECT_EQ(read(ok("X: " + std::string(400, 'x')), {}, cut, limits),
              "error 502 response head too long\n");
    EXPECT_EQ(read(ok("a:\r\nb:\r\nc:\r\n"), {}, cut, limits), "error 502 too many fields\n");
  }
}

}  // namespace
}  // namespace gnomon::http
