#include "http/h1_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/h1_request_parser.h"
#include "http/h1_transcript.h"

namespace gnomon::http {
namespace {

using std::string_literals::operator""s;

std::string written(const RequestHead& head, const H1RequestOptions& options = {}) {
  ByteQueue out;
  write_request_head(out, head, options);
  return out.to_string();
}

std::string written(const ResponseHead& head, Version peer = Version::http11,
                    ConnectionOption option = ConnectionOption::none,
                    Method answers = Method::get) {
  ByteQueue out;
  write_response_head(out, head, peer, option, answers);
  return out.to_string();
}

RequestHead get(std::string_view path = "/") {
  RequestHead head;
  head.authority = "shop.test";
  head.path = path;
  return head;
}

TEST(H1Writer, writes_host_first_then_fields_then_framing) {
  RequestHead head = get("/a?b");
  head.method_name = "PUT";
  head.headers.add("X-One", "1");
  head.headers.add("empty", "");
  head.body = BodyKind::sized;
  head.content_length = 5;
  EXPECT_EQ(
      written(head),
      "PUT /a?b HTTP/1.1\r\nhost: shop.test\r\nX-One: 1\r\nempty: \r\ncontent-length: 5\r\n\r\n");
}

RequestHead parsed(std::string_view bytes) {
  const H1Limits limits;  // the parser keeps a reference
  H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(bytes);
  EXPECT_EQ(parser.next(in), H1Event::head);
  return parser.take_head();
}

TEST(H1Writer, lines_that_nobody_touched_are_written_as_they_came_and_others_are_made_anew) {
  RequestHead head = parsed(
      "GET / HTTP/1.1\r\nHost: shop.test\r\nA: 1\r\nB:2\r\nC:\t3\r\nD: 4 \r\nE:  5\r\n"
      "Connection: F\r\nF: 6\r\nG: 7\r\nH: \r\nI:\r\nJ: 8\r\n\r\n");
  EXPECT_EQ(written(head),
            "GET / HTTP/1.1\r\nhost: shop.test\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n"
            "G: 7\r\nH: \r\nI: \r\nJ: 8\r\n\r\n");
  head.headers.remove("A");
  head.headers.set("G", "new");
  EXPECT_EQ(written(head),
            "GET / HTTP/1.1\r\nhost: shop.test\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n"
            "H: \r\nI: \r\nJ: 8\r\nG: new\r\n\r\n");
  EXPECT_EQ(written(head, {.proper_case = true}),
            "GET / HTTP/1.1\r\nHost: shop.test\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n"
            "H: \r\nI: \r\nJ: 8\r\nG: new\r\n\r\n");
}

TEST(H1Writer, lines_around_one_that_was_removed_are_not_written_as_one_piece) {
  const RequestHead from =
      parsed("GET / HTTP/1.1\r\nHost: a\r\nOne: 1\r\nTwo: 2\r\nThree: 3\r\n\r\n");
  RequestHead head = from;
  head.headers.remove("Two");
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost: a\r\nOne: 1\r\nThree: 3\r\n\r\n");
}

TEST(H1Writer, says_that_there_is_no_body_where_one_is_expected) {
  RequestHead head = get();
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost: shop.test\r\n\r\n");
  head.method = Method::post;
  head.method_name = "POST";
  EXPECT_EQ(written(head), "POST / HTTP/1.1\r\nhost: shop.test\r\ncontent-length: 0\r\n\r\n");
  head.method = Method::del;
  head.method_name = "DELETE";
  EXPECT_EQ(written(head), "DELETE / HTTP/1.1\r\nhost: shop.test\r\n\r\n");
}

TEST(H1Writer, writes_members_of_a_request_as_fields) {
  RequestHead head = get();
  head.body = BodyKind::streamed;
  head.expect_continue = true;
  head.te_trailers = true;
  head.upgrade = "websocket";
  EXPECT_EQ(written(head, {.connection_close = true}),
            "GET / HTTP/1.1\r\nhost: shop.test\r\ntransfer-encoding: chunked\r\n"
            "expect: 100-continue\r\nte: trailers\r\nupgrade: websocket\r\n"
            "connection: upgrade, close, te\r\n\r\n");
}

TEST(H1Writer, writes_names_in_proper_case_where_asked_for) {
  RequestHead head = get("/a:b-c");
  head.headers.add("x-request-ID", "a-b: c-d");
  head.headers.add("x_under.dot2a", "v");
  head.body = BodyKind::streamed;
  EXPECT_EQ(written(head, {.proper_case = true}),
            "GET /a:b-c HTTP/1.1\r\nHost: shop.test\r\nX-Request-ID: a-b: c-d\r\n"
            "X_Under.Dot2a: v\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(H1Writer, keeps_a_length_of_zero_and_adds_none) {
  RequestHead head = get();
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost: shop.test\r\n\r\n");
  head.content_length = 0;
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost: shop.test\r\ncontent-length: 0\r\n\r\n");
}

TEST(H1Writer, announces_no_request_body_that_does_not_follow) {
  RequestHead head = get();
  head.content_length = 5;
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost: shop.test\r\n\r\n");
}

TEST(H1Writer, leaves_out_hop_by_hop_fields_that_an_edit_added) {
  RequestHead request = get();
  ResponseHead response;
  response.content_length = 0;
  for (const char* name : {"Connection", "Content-Length", "Transfer-Encoding", "Upgrade",
                           "Keep-Alive", "Proxy-Connection"}) {
    request.headers.add(name, "x");
    response.headers.add(name, "x");
  }
  for (const char* name : {"Host", "TE", "Expect", "Proxy"}) request.headers.add(name, "x");
  EXPECT_EQ(written(request), "GET / HTTP/1.1\r\nhost: shop.test\r\n\r\n");
  EXPECT_EQ(written(response), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

TEST(H1Writer, leaves_out_fields_that_would_break_a_line) {
  RequestHead head = get();
  for (const std::string& value : {"a\rb"s, "a\nb"s, "a\r\nEvil: 1"s, "a\0b"s, "\x01"s, "\x7f"s,
                                   std::string(100, 'x') + "\n", std::string(16, 'x') + "\r"}) {
    head.headers.add("x-bad", value);
  }
  for (const char* name : {"a b", "a:", "a\r\nb", "", "\n", "a\x80", "sixteen-letters-and-more:"}) {
    head.headers.add(name, "1");
  }
  head.headers.add("good", "caf\xc3\xa9\t!");
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost: shop.test\r\ngood: caf\xc3\xa9\t!\r\n\r\n");
}

TEST(H1Writer, escapes_what_would_end_a_start_line) {
  RequestHead head = get("/a b\r\n\xe9#\\");
  head.authority = "a\r\nx: y";
  EXPECT_EQ(written(head), "GET /a%20b%0D%0A%E9#\\ HTTP/1.1\r\nhost: a%0D%0Ax:%20y\r\n\r\n");
  ResponseHead response;
  response.content_length = 0;
  response.reason = "bad\r\nreason";
  EXPECT_EQ(written(response), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  response.upgrade = "a\r\nb";
  EXPECT_EQ(written(response), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

TEST(H1Writer, writes_heads_larger_than_any_buffer) {
  RequestHead head = get();
  const std::string value(50000, 'v');
  for (int i = 0; i < 3; ++i) head.headers.add("x", value);
  const std::string line = "x: " + value + "\r\n";
  EXPECT_EQ(written(head), "GET / HTTP/1.1\r\nhost: shop.test\r\n" + line + line + line + "\r\n");
  const std::string path = "/" + std::string(20000, '\n');
  EXPECT_EQ(written(get(path)).size(),
            1 + 3 * 20000 + "GET  HTTP/1.1\r\nhost: shop.test\r\n\r\n"s.size());
}

TEST(H1Writer, frames_a_response_for_its_peer) {
  ResponseHead head;
  head.body = BodyKind::streamed;
  const std::string chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const std::string by_close = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
  ByteQueue out;
  EXPECT_EQ(write_response_head(out, head, Version::http11, ConnectionOption::none),
            BodyKind::streamed);
  EXPECT_EQ(write_response_head(out, head, Version::http10, ConnectionOption::keep_alive),
            BodyKind::until_close);
  head.body = BodyKind::until_close;
  EXPECT_EQ(write_response_head(out, head, Version::http11, ConnectionOption::none),
            BodyKind::streamed);
  EXPECT_EQ(write_response_head(out, head, Version::http10, ConnectionOption::none),
            BodyKind::until_close);
  EXPECT_EQ(out.to_string(), chunked + by_close + chunked + by_close);
}

// Its client reads none (RFC 9112 section 6.3), and would take it for the next response.
TEST(H1Writer, writes_no_body_where_the_status_allows_none) {
  for (const uint16_t status : {204, 304}) {
    for (const Version peer : {Version::http10, Version::http11}) {
      ResponseHead head;
      head.status = status;
      head.body = BodyKind::streamed;
      ByteQueue out;
      EXPECT_EQ(write_response_head(out, head, peer, ConnectionOption::none), BodyKind::none);
      EXPECT_FALSE(out.to_string().contains("transfer-encoding"));
      EXPECT_FALSE(out.to_string().contains("content-length"));
      EXPECT_FALSE(out.to_string().contains("connection"));
    }
  }
}

TEST(H1Writer, says_what_becomes_of_the_connection) {
  ResponseHead head;
  head.status = 404;
  head.reason = "Nothing Here";
  head.body = BodyKind::sized;
  head.content_length = 2;
  const std::string start = "HTTP/1.1 404 Nothing Here\r\ncontent-length: 2\r\n";
  EXPECT_EQ(written(head), start + "\r\n");
  EXPECT_EQ(written(head, Version::http11, ConnectionOption::close),
            start + "connection: close\r\n\r\n");
  EXPECT_EQ(written(head, Version::http10, ConnectionOption::keep_alive),
            start + "connection: keep-alive\r\n\r\n");
}

TEST(H1Writer, declares_a_length_only_where_one_is_meant) {
  ResponseHead head;
  EXPECT_EQ(written(head), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(written(head, Version::http11, ConnectionOption::none, Method::head),
            "HTTP/1.1 200 OK\r\n\r\n");
  head.content_length = 7;
  EXPECT_EQ(written(head, Version::http11, ConnectionOption::none, Method::head),
            "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n");
  head.status = 304;
  EXPECT_EQ(written(head), "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n");
  head.content_length = kNoLength;
  EXPECT_EQ(written(head), "HTTP/1.1 304 Not Modified\r\n\r\n");
  for (const uint16_t status : {100, 103, 204}) {
    head.status = status;
    head.content_length = 7;
    EXPECT_EQ(written(head).find("content-length"), std::string::npos) << status;
  }
}

TEST(H1Writer, says_nothing_about_the_connection_in_interim_responses) {
  ResponseHead head;
  head.status = 100;
  EXPECT_EQ(written(head, Version::http11, ConnectionOption::close),
            "HTTP/1.1 100 Continue\r\n\r\n");
  head.status = 101;
  head.upgrade = "websocket";
  EXPECT_EQ(
      written(head, Version::http11, ConnectionOption::close),
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n");
}

TEST(H1Writer, frames_bodies_by_kind) {
  for (const BodyKind kind : {BodyKind::none, BodyKind::sized, BodyKind::until_close}) {
    ByteQueue out;
    write_body(out, Chunk::of_static("hello"), kind);
    write_end(out, kind);
    EXPECT_EQ(out.to_string(), "hello");
  }
  ByteQueue out;
  write_body(out, Chunk::of_static("hello"), BodyKind::streamed);
  write_body(out, Chunk(), BodyKind::streamed);  // must not end the body
  write_body(out, Chunk::copy_of(std::string(1000, 'x')), BodyKind::streamed);
  write_end(out, BodyKind::streamed);
  EXPECT_EQ(out.to_string(), "5\r\nhello\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n");
}

TEST(H1Writer, passes_large_pieces_by_reference) {
  const Chunk chunk = Chunk::copy_of(std::string(4000, 'x'));
  ByteQueue out;
  write_body(out, chunk, BodyKind::sized);
  iovec vector{};
  ASSERT_EQ(out.fill_iovec(&vector, 1), 1);
  EXPECT_EQ(vector.iov_base, chunk.data());
}

TEST(H1Writer, writes_trailers_that_may_be_trailers) {
  Headers trailers;
  trailers.add("X-Sum", "1");
  trailers.add("Content-Length", "5");
  trailers.add("Host", "evil");
  trailers.add("bad", "a\nb");
  ByteQueue out;
  write_end(out, BodyKind::streamed, trailers);
  EXPECT_EQ(out.to_string(), "0\r\nX-Sum: 1\r\n\r\n");
  ByteQueue sized;
  write_end(sized, BodyKind::sized, trailers);
  EXPECT_TRUE(sized.empty());
}

// What the writer puts out, the parser reads back as the same head.
TEST(H1Writer, writes_requests_that_read_back_the_same) {
  for (const char* bytes :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /a?b HTTP/1.1\r\nHost: a:81\r\nA: 1\r\nb:\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nA: \xe9 x\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
        "Connection: te\r\nExpect: 100-continue\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 12345678901\r\nCookie: a\r\nCookie: "
        "b\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"}) {
    const H1Limits limits;
    H1RequestParser first(limits);
    Chunk in = Chunk::copy_of(bytes);
    ASSERT_EQ(first.next(in), H1Event::head) << bytes;
    const RequestHead head = first.take_head();
    in = Chunk::copy_of(written(head));
    H1RequestParser second(limits);
    ASSERT_EQ(second.next(in), H1Event::head) << bytes;
    EXPECT_EQ(describe(second.take_head()), describe(head));
  }
}

TEST(H1Writer, writes_responses_that_read_back_the_same) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: 1\r\nb:\r\n\r\n",
        "HTTP/1.1 404 Gone Fishing\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 103 x\r\nLink: a\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n"}) {
    const H1Limits limits;
    H1ResponseParser first(limits);
    first.expect(Method::get, true);
    Chunk in = Chunk::copy_of(bytes);
    ASSERT_EQ(first.next(in), H1Event::head) << bytes;
    const ResponseHead head = first.take_head();
    in = Chunk::copy_of(written(head));
    H1ResponseParser second(limits);
    second.expect(Method::get, true);
    ASSERT_EQ(second.next(in), H1Event::head) << bytes;
    EXPECT_EQ(describe(second.take_head()), describe(head));
  }
}

TEST(H1Writer, writes_bodies_that_read_back_the_same) {
  RequestHead head = get();
  head.body = BodyKind::streamed;
  ByteQueue out;
  write_request_head(out, head);
  std::string body;
  for (size_t n = 1; n < 5000; n = n * 3 + 1) {
    const std::string piece(n, static_cast<char>('a' + n % 26));
    write_body(out, Chunk::copy_of(piece), head.body);
    body += piece;
  }
  Headers trailers;
  trailers.add("x-sum", "7");
  write_end(out, head.body, trailers);
  EXPECT_EQ(read_requests(out.to_string()),
            "head GET / 1.1 host=shop.test streamed length=-1 \nbody " + body + "\nend[x-sum=7]\n");
}

TEST(H1Writer, names_in_proper_case_change_nothing_else) {
  ResponseHead head;
  head.body = BodyKind::sized;
  head.content_length = 2;
  head.headers.add("x-one-two", "a-b: c");
  head.headers.add("ETag", "w/x");
  ByteQueue out;
  write_response_head(out, head, Version::http11, ConnectionOption::close, Method::get,
                      FieldCase::proper);
  EXPECT_EQ(out.to_string(),
            "HTTP/1.1 200 OK\r\nX-One-Two: a-b: c\r\nETag: w/x\r\nContent-Length: 2\r\n"
            "Connection: close\r\n\r\n");
}

}  // namespace
}  // namespace gnomon::http
