#include "http/h1_request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "http/h1_transcript.h"

namespace gnomon::http {
namespace {

using std::string_literals::operator""s;

// A request with these field lines, each without its CRLF, and nothing behind the head.
std::string with_fields(const std::vector<std::string>& lines, std::string_view start_line) {
  std::string out = std::string(start_line) + "\r\n";
  for (const std::string& line : lines) out += line + "\r\n";
  return out + "\r\n";
}
std::string with(const std::vector<std::string>& lines, std::string_view start = "GET / HTTP/1.1") {
  return with_fields(lines, start);
}
std::string post(const std::vector<std::string>& lines, std::string_view body) {
  std::vector<std::string> all{"Host: shop.test"};
  all.insert(all.end(), lines.begin(), lines.end());
  return with_fields(all, "POST /orders HTTP/1.1") + std::string(body);
}
std::string line_only(std::string_view start_line) { return with({"Host: shop.test"}, start_line); }

struct Accepted {
  std::string bytes;
  std::string transcript;
};

std::vector<Accepted> accepted() {
  std::vector<Accepted> rows = {
      {line_only("GET / HTTP/1.1"), "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("GET /a?b=c&d=%20 HTTP/1.1"),
       "head GET /a?b=c&d=%20 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("HEAD /x HTTP/1.1"), "head HEAD /x 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("OPTIONS * HTTP/1.1"), "head OPTIONS * 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("PURGE /cache HTTP/1.1"),
       "head PURGE /cache 1.1 host=shop.test none length=-1 \nend\n"},
      // Methods keep their case, so this is not GET.
      {line_only("get / HTTP/1.1"), "head get / 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("M-SEARCH!#$%&'*+.^_`|~9 / HTTP/1.1"),
       "head M-SEARCH!#$%&'*+.^_`|~9 / 1.1 host=shop.test none length=-1 \nend\n"},
      // Bytes that RFC 3986 forbids in a path, and that browsers send nevertheless.
      {line_only("GET /a|b^c`d{e}f\"g<h>i[j] HTTP/1.1"),
       "head GET /a|b^c`d{e}f\"g<h>i[j] 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("GET //other.test/x HTTP/1.1"),
       "head GET //other.test/x 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("GET /..;/%2e%2E/ HTTP/1.1"),
       "head GET /..;/%2e%2E/ 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("GET http://shop.test/p?q HTTP/1.1"),
       "head GET /p?q 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("GET HTTPS://SHOP.test:443/p HTTP/1.1"),
       "head GET /p 1.1 host=SHOP.test:443 none length=-1 \nend\n"},
      {line_only("GET http://shop.test:80 HTTP/1.1"),
       "head GET / 1.1 host=shop.test:80 none length=-1 \nend\n"},
      {line_only("GET http://shop.test?q=/ HTTP/1.1"),
       "head GET /?q=/ 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("OPTIONS http://shop.test HTTP/1.1"),
       "head OPTIONS * 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("OPTIONS http://shop.test/ HTTP/1.1"),
       "head OPTIONS / 1.1 host=shop.test none length=-1 \nend\n"},
      // Spoken like HTTP/1.1.
      {line_only("GET / HTTP/1.7"), "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {line_only("GET / HTTP/1.0"), "head GET / 1.0 host=shop.test none length=-1 \nend close\n"},
      {"GET / HTTP/1.0\r\n\r\n", "head GET / 1.0 host= none length=-1 \nend close\n"},
      {"GET http://shop.test/ HTTP/1.0\r\n\r\n",
       "head GET / 1.0 host=shop.test none length=-1 \nend close\n"},
      {with({"Host: shop.test", "Connection: keep-alive"}, "GET / HTTP/1.0"),
       "head GET / 1.0 host=shop.test none length=-1 \nend\n"},
      {with({"Host: shop.test", "Connection: Keep-Alive, CLOSE"}, "GET / HTTP/1.0"),
       "head GET / 1.0 host=shop.test none length=-1 \nend close\n"},
      {with({"Host: shop.test", "Connection: close"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend close\n"},
      {with({"Host: shop.test", "Connection: x, ,\tClOsE ,"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend close\n"},
      {with({"Host: shop.test", "Connection: closed"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {with({"Host: shop.test", "Connection:"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      // Empty lines before a request are skipped.
      {"\r\n\r\n" + line_only("GET / HTTP/1.1"),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      // Names and values as they came, with whitespace around values gone.
      {with(
           {"hOsT:\t shop.test \t ", "X-Empty:", "X-Spaces: \t ", "x:a  b\tc ", "X-Obs: \xe9\xff"}),
       "head GET / 1.1 host=shop.test none length=-1 "
       "[X-Empty=][X-Spaces=][x=a  b\tc][X-Obs=\xe9\xff]\nend\n"},
      {with({"Host: shop.test", "Cookie: a=1", "Cookie: b=2", "Accept: */*"}),
       "head GET / 1.1 host=shop.test none length=-1 [Cookie=a=1][Cookie=b=2][Accept=*/*]\nend\n"},
      // Hop-by-hop fields end here.
      {with({"Host: shop.test", "X-A: 1", "x-hop: 2", "Connection: X-HOP", "Keep-Alive: timeout=5",
             "Proxy-Connection: keep-alive", "Proxy: http://x/", "X-Hop: 3", "X-Hop-Not: 4"}),
       "head GET / 1.1 host=shop.test none length=-1 [X-A=1][X-Hop-Not=4]\nend\n"},
      {with({"Connection: host, content-length, transfer-encoding, close", "Host: shop.test",
             "Content-Length: 2"}) +
           "ab",
       "head GET / 1.1 host=shop.test sized length=2 \nbody ab\nend close\n"},
      {with({"Host: shop.test", "TE: gzip;q=0.5, Trailers", "Connection: TE"}),
       "head GET / 1.1 host=shop.test none length=-1 te \nend\n"},
      {with({"Host: shop.test", "TE: gzip", "Connection: TE"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      // Upgrade counts only where Connection names it, once, and not as h2c or from HTTP/1.0.
      {with({"Host: shop.test", "Upgrade: websocket", "Connection: keep-alive, Upgrade"}),
       "head GET / 1.1 host=shop.test none length=-1 upgrade=websocket \nend\n"},
      {with({"Host: shop.test", "Upgrade: websocket"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {with({"Host: shop.test", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__",
             "Connection: Upgrade, HTTP2-Settings"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {with({"Host: shop.test", "Upgrade: websocket, h2c", "Connection: Upgrade"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {with({"Host: shop.test", "Upgrade: a", "Upgrade: b", "Connection: Upgrade"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {with({"Host: shop.test", "Upgrade: websocket", "Connection: keep-alive, Upgrade"},
            "GET / HTTP/1.0"),
       "head GET / 1.0 host=shop.test none length=-1 \nend\n"},
      // Bodies.
      {post({"Content-Length: 5"}, "hello"),
       "head POST /orders 1.1 host=shop.test sized length=5 \nbody hello\nend\n"},
      {post({"Content-Length: 0"}, ""),
       "head POST /orders 1.1 host=shop.test none length=0 \nend\n"},
      {post({}, ""), "head POST /orders 1.1 host=shop.test none length=-1 \nend\n"},
      {post({"Content-Length: 0000000000000000000000005"}, "hello"),
       "head POST /orders 1.1 host=shop.test sized length=5 \nbody hello\nend\n"},
      {post({"Content-Length:010"}, "0123456789"),
       "head POST /orders 1.1 host=shop.test sized length=10 \nbody 0123456789\nend\n"},
      {with({"Host: shop.test", "Content-Length: 3"}) + "abc",
       "head GET / 1.1 host=shop.test sized length=3 \nbody abc\nend\n"},
      {with({"Host: shop.test", "Content-Length: 3"}, "PUT / HTTP/1.0") + "abc",
       "head PUT / 1.0 host=shop.test sized length=3 \nbody abc\nend close\n"},
      {post({"tRANSFER-eNCODING:\tcHUNKED "}, "3\r\nabc\r\n0\r\n\r\n"),
       "head POST /orders 1.1 host=shop.test streamed length=-1 \nbody abc\nend\n"},
      {post({"Transfer-Encoding: chunked"}, "0\r\n\r\n"),
       "head POST /orders 1.1 host=shop.test streamed length=-1 \nend\n"},
      // Expect means something only in HTTP/1.1 and before a body.
      {post({"Content-Length: 2", "Expect: 100-Continue"}, "ab"),
       "head POST /orders 1.1 host=shop.test sized length=2 expect \nbody ab\nend\n"},
      {post({"Transfer-Encoding: chunked", "Expect: 100-continue"}, "0\r\n\r\n"),
       "head POST /orders 1.1 host=shop.test streamed length=-1 expect \nend\n"},
      {with({"Host: shop.test", "Expect: 100-continue"}),
       "head GET / 1.1 host=shop.test none length=-1 \nend\n"},
      {post({"Content-Length: 0", "Expect: 100-continue"}, ""),
       "head POST /orders 1.1 host=shop.test none length=0 \nend\n"},
      {with({"Host: shop.test", "Content-Length: 2", "Expect: 100-continue"}, "PUT / HTTP/1.0") +
           "ab",
       "head PUT / 1.0 host=shop.test sized length=2 \nbody ab\nend close\n"},
      {with({"Host: shop.test", "Expect: nonsense"}, "GET / HTTP/1.0"),
       "head GET / 1.0 host=shop.test none length=-1 \nend close\n"},
      // Several messages.
      {line_only("GET /1 HTTP/1.1") + line_only("GET /2 HTTP/1.1"),
       "head GET /1 1.1 host=shop.test none length=-1 \nend\n"
       "head GET /2 1.1 host=shop.test none length=-1 \nend\n"},
      {post({"Content-Length: 5"}, "hello") + "\r\n" + line_only("GET /2 HTTP/1.1"),
       "head POST /orders 1.1 host=shop.test sized length=5 \nbody hello\nend\n"
       "head GET /2 1.1 host=shop.test none length=-1 \nend\n"},
      {post({"Transfer-Encoding: chunked"}, "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n") +
           post({"Transfer-Encoding: chunked"}, "0\r\n\r\n") + post({"Content-Length: 1"}, "z"),
       "head POST /orders 1.1 host=shop.test streamed length=-1 \nbody hi\nend[X-Sum=1]\n"
       "head POST /orders 1.1 host=shop.test streamed length=-1 \nend\n"
       "head POST /orders 1.1 host=shop.test sized length=1 \nbody z\nend\n"},
      // What looks like a request inside a body is body.
      {with({"Host: shop.test", "Content-Length: 34"}) + "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n",
       "head GET / 1.1 host=shop.test sized length=34 \n"
       "body GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n\nend\n"},
  };
  return rows;
}

TEST(H1RequestParser, reads_every_valid_request_as_meant) {
  for (const Accepted& row : accepted()) EXPECT_EQ(read_requests(row.bytes), row.transcript);
}

TEST(H1RequestParser, reads_the_same_however_the_bytes_are_cut) {
  for (const Accepted& row : accepted()) {
    for (size_t cut = 1; cut < row.bytes.size(); ++cut) {
      ASSERT_EQ(read_requests(row.bytes, once_at(cut)), row.transcript) << "cut at " << cut;
    }
    for (size_t n = 1; n < 8; ++n) {
      ASSERT_EQ(read_requests(row.bytes, pieces_of(n)), row.transcript) << "pieces of " << n;
    }
  }
}

struct Refused {
  std::string bytes;
  int status;
};

// Every byte that a class does not allow, in the place of "?" in `text`.
void add_bytes(std::vector<Refused>& rows, std::string_view text, std::string_view bytes,
               int status) {
  for (const char c : bytes) {
    std::string row(text);
    row[row.find('?')] = c;
    rows.push_back({row, status});
  }
}

std::vector<Refused> refused() {
  std::vector<Refused> rows;
  const std::string controls =
      "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"
      "\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f\0\n\r"s;
  const std::string separators = " \t\"(),/;<=>?@[\\]{}";
  const std::string high = "\x80\xa0\xe9\xff";

  // The request line.
  for (const char* line : {
           "GET  / HTTP/1.1",    // two spaces
           "GET /  HTTP/1.1",    //
           "GET / HTTP/1.1 ",    // a space at the end
           " GET / HTTP/1.1",    // and at the beginning
           "GET\t/ HTTP/1.1",    // a tab instead of a space
           "GET /\tHTTP/1.1",    //
           "GET /a b HTTP/1.1",  // a space in the target
           "GET /",              // HTTP/0.9
           "GET",                //
           "/ HTTP/1.1",         // no method
           "GET HTTP/1.1",       // no target
           "GET  HTTP/1.1",      //
           "GET / HTTP",         // versions
           "GET / HTTP/",        //
           "GET / HTTP/1",       //
           "GET / HTTP/1.",      //
           "GET / HTTP/.1",      //
           "GET / HTTP/11",      //
           "GET / HTTP/1.10",    //
           "GET / HTTP/01.1",    //
           "GET / HTTP/1.1.1",   //
           "GET / HTTP/1,1",     //
           "GET / HTTP/-1.1",    //
           "GET / HTTP/1.x",     //
           "GET / HTTP/x.1",     //
           "GET / http/1.1",     //
           "GET / Http/1.1",     //
           "GET / HTTP /1.1",    //
           "GET / HTTP/ 1.1",    //
           "GET / HTTP/1 .1",    //
           "GET / HTTQ/1.1",     //
           "GET / ICY/1.1",      //
           "GET / HTTPS/1.1",    //
           "GET / HTTP/4294967297.1",
           "junk GET / HTTP/1.1",            //
           "GET /#top HTTP/1.1",             // a fragment
           "GET /a#b?c HTTP/1.1",            //
           "GET /a\\b HTTP/1.1",             // a backslash
           "GET shop.test HTTP/1.1",         // targets of forms that are not for GET
           "GET shop.test:80 HTTP/1.1",      //
           "GET * HTTP/1.1",                 //
           "GET *x HTTP/1.1",                //
           "OPTIONS ** HTTP/1.1",            //
           "OPTIONS */ HTTP/1.1",            //
           "options * HTTP/1.1",             //
           "GET ?a=b HTTP/1.1",              //
           "GET index.html HTTP/1.1",        //
           "GET ftp://shop.test/ HTTP/1.1",  //
           "GET ws://shop.test/ HTTP/1.1",   //
           "GET http:/shop.test/ HTTP/1.1",  //
           "GET http:shop.test HTTP/1.1",    //
           "GET http:// HTTP/1.1",           //
           "GET http:///x HTTP/1.1",         //
           "GET http://?x HTTP/1.1",         //
           "GET http://:80/ HTTP/1.1",       //
           "GET http://me@shop.test/ HTTP/1.1",
           "GET http://me:pw@shop.test/ HTTP/1.1",
           "GET http://shop.test:http/ HTTP/1.1",
           "GET http://shop.test:65536/ HTTP/1.1",
           "GET http://other.test/ HTTP/1.1",  // differs from Host
           "GET http://shop.test:81/ HTTP/1.1",
           "GET https://shop.test:80/ HTTP/1.1",
           "GET http://shop.test.evil/ HTTP/1.1",
           "POST shop.test:443 HTTP/1.1",
       }) {
    rows.push_back({line_only(line), 400});
  }
  rows.push_back({line_only("CONNECT shop.test:443 HTTP/1.1"), 501});
  rows.push_back({line_only("CONNECT / HTTP/1.1"), 501});
  rows.push_back({line_only("TRACE / HTTP/1.1"), 405});
  for (const char* version : {"0.9", "0.0", "2.0", "2.1", "3.0", "9.9"}) {
    rows.push_back({line_only(std::string("GET / HTTP/") + version), 505});
  }
  rows.push_back({"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505});
  rows.push_back({"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400});  // a TLS greeting
  add_bytes(rows, "G?T / HTTP/1.1\r\nHost: a\r\n\r\n", controls + high + "\"(),/:;<=>?@[\\]{}",
            400);
  add_bytes(rows, "GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n", controls + high + "#\\ \t", 400);
  add_bytes(rows, "GET / HTTP/1?1\r\nHost: a\r\n\r\n", controls + high + separators + "0", 400);

  // Line ends.
  for (const char* bytes : {
           "GET / HTTP/1.1\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n\n",
           "GET / HTTP/1.1\nHost: a\n\n",
           "GET / HTTP/1.1\rHost: a\r\r",
           "GET / HTTP/1.1\r\rHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n\rX",
           "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: b\rTransfer-Encoding: chunked\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: b\nTransfer-Encoding: chunked\r\n\r\n",
           "GET / HTTP/1.1\r HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/\r\n1.1\r\nHost: a\r\n\r\n",
           "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
           "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
           "\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
           " \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
           "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
       }) {
    rows.push_back({bytes, 400});
  }

  // Field lines.
  for (const char* line : {
           ": x",
           " : x",
           "X : y",
           "X\t: y",
           "X",
           "X y",
           "X-\r\nY: z",
           "X: a\r\n b",     // obs-fold
           "X: a\r\n\tb",    //
           "X:\r\n b",       //
           "X: a\r\n b: c",  //
           "X: a\r\n \r\n",  //
           " X: a",          // whitespace before a name
           "\tX: a",         //
           "Content-Length : 3",
           "Transfer-Encoding : chunked",
           "Content-Length\v: 3",
           "Content-Length 3",
       }) {
    rows.push_back({with({"Host: a", line}), 400});
    rows.push_back({with({line, "Host: a"}), 400});
  }
  add_bytes(rows, "GET / HTTP/1.1\r\nHost: a\r\nX?: b\r\n\r\n", controls + high + separators, 400);
  add_bytes(rows, "GET / HTTP/1.1\r\nHost: a\r\n?X: b\r\n\r\n", controls + high + separators, 400);
  add_bytes(rows, "GET / HTTP/1.1\r\nHost: a\r\nX: b?c\r\n\r\n", controls, 400);
  add_bytes(rows, "GET / HTTP/1.1\r\nHost: a\r\nX: ?\r\n\r\n",
            controls.substr(0, controls.size() - 1), 400);
  // The same far enough into a value that whole vectors of bytes are looked at.
  add_bytes(
      rows,
      "GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789abcdef0123456789abcdef0?0123456789abcdef\r\n\r\n",
      controls, 400);

  // Host.
  rows.push_back({with({}), 400});
  rows.push_back({with({"X: y"}), 400});
  rows.push_back({with({"Host: a", "Host: a"}), 400});
  rows.push_back({with({"Host: a", "X: y", "hOST: b"}), 400});
  rows.push_back({with({"Host: a", "Host: a"}, "GET / HTTP/1.0"), 400});
  rows.push_back({with({"Host:"}, "GET / HTTP/1.0"), 400});
  rows.push_back({"GET http://a/ HTTP/1.1\r\n\r\n", 400});
  rows.push_back({"GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", 400});
  for (const char* host :
       {"a::",     "[::1]::",  "",      " ",         "a b",          "a,b",      "a, b",
        "a/b",     "/",        "a?b",   "a#b",       "me@a",         "me:pw@a",  "a:b",
        "a:80:80", "a:-1",     "a:+1",  "a:65536",   "a:99999999",   "a:000080", "a: 80",
        "a :80",   ":80",      ":",     "[",         "[]",           "[::1",     "::1",
        "[::1]x",  "[::1]:x",  "[::g]", "[1.2.3.4]", "[::1%25eth0]", "[v1.a]",   "a[::1]",
        ".",       ".a",       "a..b",  "a%41",      "a!",           "a;b",      "a'b",
        "a(b)",    "a&b",      "a=b",   "a$b",       "a*",           "a+b",      "a~b",
        "a\"b",    "a<b",      "a\\b",  "a^b",       "a`b",          "a{b",      "a|b",
        "\xe9",    "http://a", "a\tb"}) {
    rows.push_back({with({"Host: " + std::string(host)}), 400});
  }
  rows.push_back({with({"Host: " + std::string(256, 'a')}), 400});

  // Content-Length.
  for (const char* length : {"",
                             " ",
                             "-1",
                             "-0",
                             "+1",
                             "1x",
                             "x1",
                             "0x1",
                             "1e0",
                             "1.0",
                             "1_0",
                             "1 0",
                             "1,",
                             ",1",
                             "1,1",
                             "1, 1",
                             "1, 2",
                             "1;",
                             "\"1\"",
                             "'1'",
                             "1\v",
                             "\v1",
                             "1\f",
                             "\2401",
                             "1\xa0",
                             "\xd9\xa1",
                             "NaN",
                             "9223372036854775808",
                             "18446744073709551615",
                             "18446744073709551617",
                             "99999999999999999999999999999999",
                             "1\t1"}) {
    rows.push_back({post({"Content-Length: " + std::string(length)}, "a"), 400});
  }
  rows.push_back({post({"Content-Length: 1"s + '\0'}, "a"), 400});
  rows.push_back({post({"Content-Length: 1", "Content-Length: 1"}, "a"), 400});
  rows.push_back({post({"Content-Length: 1", "Content-Length: 2"}, "ab"), 400});
  rows.push_back({post({"Content-Length:", "Content-Length: 1"}, "a"), 400});
  rows.push_back({post({"Content-Length: 1", "X: y", "content-length:"}, "a"), 400});

  // Transfer-Encoding.
  for (const char* coding : {"",
                             "gzip",
                             "identity",
                             "xchunked",
                             "chunkedx",
                             "x-chunked",
                             "chunke",
                             "chun ked",
                             "chunked,",
                             "chunked, gzip",
                             "chunked, identity",
                             "chunked;",
                             "chunked;q=1",
                             "chunked ;a=b",
                             "\"chunked\"",
                             "'chunked'",
                             "\vchunked",
                             "chunked\v",
                             "\fchunked",
                             "\240chunked",
                             "chunked\xa0",
                             "cow",
                             "chunked chunked",
                             "chunked\tchunked",
                             "deflate, compress",
                             ",chunked",
                             ", chunked"}) {
    rows.push_back({post({"Transfer-Encoding: " + std::string(coding)}, "0\r\n\r\n"), 400});
    rows.push_back(
        {post({"Transfer-Encoding: " + std::string(coding), "Content-Length: 5"}, "0\r\n\r\n"),
         400});
  }
  for (const char* coding : {"gzip, chunked", "chunked, chunked", "identity,chunked"}) {
    rows.push_back({post({"Transfer-Encoding: " + std::string(coding)}, "0\r\n\r\n"), 501});
  }
  rows.push_back({post({"Transfer-Encoding: chunked"s + '\0'}, "0\r\n\r\n"), 400});
  rows.push_back(
      {post({"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}, "0\r\n\r\n"), 400});
  rows.push_back(
      {post({"Transfer-Encoding: chunked", "Transfer-Encoding: cow"}, "0\r\n\r\n"), 400});
  rows.push_back(
      {post({"Transfer-Encoding: cow", "Transfer-Encoding: chunked"}, "0\r\n\r\n"), 400});
  rows.push_back({post({"Transfer-Encoding: chunked", "Content-Length: 5"}, "0\r\n\r\n"), 400});
  rows.push_back({post({"Content-Length: 5", "Transfer-Encoding: chunked"}, "0\r\n\r\n"), 400});
  rows.push_back({post({"Content-Length: 0", "Transfer-Encoding: chunked"}, "0\r\n\r\n"), 400});
  rows.push_back({with({"Host: a", "Transfer-Encoding: chunked"}, "POST / HTTP/1.0"), 400});
  rows.push_back({with({"Host: a", "Connection: keep-alive", "Transfer-Encoding: chunked",
                        "Content-Length: 5"},
                       "POST / HTTP/1.0"),
                  400});

  // Connection and Expect.
  std::string many = "Connection: a";
  for (int i = 0; i < 64; ++i) many += ",a";
  rows.push_back({with({"Host: a", many}), 400});
  rows.push_back({with({"Host: a", "Connection: " + std::string(2000, ',')}), 400});
  rows.push_back({with({"Host: a", "Connection: a b"}), 400});
  rows.push_back({with({"Host: a", "Connection: \"close\""}), 400});
  rows.push_back({with({"Host: a", "Connection: close;x"}), 400});
  for (const char* expect : {"", "200-ok", "100-continue, 100-continue", "100-continu", "100"}) {
    rows.push_back({post({"Content-Length: 1", "Expect: " + std::string(expect)}, "a"), 417});
  }
  rows.push_back({post({"Content-Length: 1", "Expect: x", "Expect: 100-continue"}, "a"), 417});
  return rows;
}

int refusal(std::string_view bytes, const Cut& cut) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  Transcript transcript(parser);
  transcript.feed(bytes, cut);
  EXPECT_EQ(transcript.text().find("head "), std::string::npos) << transcript.text();
  return transcript.text().starts_with("error ") ? parser.error().status : 0;
}

TEST(H1RequestParser, refuses_every_malformed_head) {
  for (const Refused& row : refused()) {
    EXPECT_EQ(refusal(row.bytes, whole()), row.status) << testing::PrintToString(row.bytes);
  }
}

TEST(H1RequestParser, refuses_for_the_same_reason_however_the_bytes_are_cut) {
  for (const Refused& row : refused()) {
    const std::string text = read_requests(row.bytes);
    ASSERT_EQ(read_requests(row.bytes, pieces_of(1)), text) << testing::PrintToString(row.bytes);
    ASSERT_EQ(read_requests(row.bytes, pieces_of(7)), text) << testing::PrintToString(row.bytes);
  }
}

TEST(H1RequestParser, refuses_a_bad_second_request_after_a_good_first) {
  EXPECT_EQ(read_requests(line_only("GET /1 HTTP/1.1") + "nonsense\r\n\r\n"),
            "head GET /1 1.1 host=shop.test none length=-1 \nend\n"
            "error 400 bad byte in the method\n");
}

TEST(H1RequestParser, refuses_at_the_first_bad_byte_without_waiting_for_more) {
  EXPECT_EQ(read_requests("GET /a\x01"), "error 400 bad byte in the request target\n");
  EXPECT_EQ(read_requests("GET / HTTQ"), "error 400 malformed HTTP version\n");
  EXPECT_EQ(read_requests("GET / HTTP/1.1\r\nHost: a\r\nX "),
            "error 400 bad byte in a field name\n");
}

TEST(H1RequestParser, names_folding_as_the_reason) {
  EXPECT_EQ(read_requests(with({"Host: a", "X: a\r\n b"})),
            "error 400 field line begins with whitespace\n");
}

TEST(H1RequestParser, counts_empty_lines_anew_for_every_request) {
  const std::string empty_lines = "\r\n\r\n\r\n\r\n";
  const std::string one = empty_lines + line_only("GET / HTTP/1.1");
  const std::string text = "head GET / 1.1 host=shop.test none length=-1 \nend\n";
  EXPECT_EQ(read_requests(one + one), text + text);
}

TEST(H1RequestParser, keeps_refusing_after_an_error) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  Chunk bad = Chunk::of_static("\x01");
  ASSERT_EQ(parser.next(bad), H1Event::error);
  Chunk good = Chunk::of_static("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(parser.next(good), H1Event::error);
  EXPECT_EQ(parser.error().status, 400);
}

TEST(H1RequestParser, accepts_hosts_of_every_kind) {
  for (const char* host : {"a", "A.b-c_d.1", "a.", "127.0.0.1", "127.0.0.1:8080", "a:0", "a:65535",
                           "a:00080", "[::1]", "[::1]:80", "[2001:db8::ff00:42:8329]",
                           "[::ffff:10.0.0.1]:1", "xn--bcher-kva.example", "localhost:15001"}) {
    EXPECT_EQ(read_requests(with({"Host: " + std::string(host)})),
              fmt::format("head GET / 1.1 host={} none length=-1 \nend\n", host));
  }
  const std::string longest(255, 'a');
  EXPECT_EQ(read_requests(with({"Host: " + longest})),
            fmt::format("head GET / 1.1 host={} none length=-1 \nend\n", longest));
}

TEST(H1RequestParser, drops_the_colon_of_an_empty_port) {
  EXPECT_EQ(read_requests(with({"Host: a:"})), "head GET / 1.1 host=a none length=-1 \nend\n");
  EXPECT_EQ(read_requests(with({"Host: a"}, "GET http://a:/ HTTP/1.1")),
            "head GET / 1.1 host=a none length=-1 \nend\n");
}

// Limits. A message of exactly the limit passes and one byte more does not.

std::string exactly(std::string_view before, size_t bytes, std::string_view after) {
  std::string out(before);
  out.append(bytes - before.size() - after.size(), 'x').append(after);
  return out;
}

std::string first_word(const std::string& transcript) {
  return transcript.substr(0, transcript.find(' ', transcript.find(' ') + 1));
}

TEST(H1RequestParser, bounds_the_request_line) {
  H1Limits limits;
  limits.start_line_bytes = 200;
  const std::string rest = "Host: a\r\n\r\n";
  for (const Cut& cut : {whole(), pieces_of(1), pieces_of(64)}) {
    const std::string fits = exactly("GET /", 200, " HTTP/1.1\r\n") + rest;
    EXPECT_EQ(read_requests(fits, cut, limits).substr(0, 6), "head G");
    const std::string target = exactly("GET /", 201, " HTTP/1.1\r\n") + rest;
    EXPECT_EQ(read_requests(target, cut, limits), "error 414 request line too long\n");
    const std::string method(100000, 'M');
    EXPECT_EQ(read_requests(method, cut, limits), "error 414 request line too long\n");
  }
}

TEST(H1RequestParser, takes_a_request_line_of_8000_bytes_by_default) {
  const std::string line = exactly("GET /", 8000, " HTTP/1.1");
  EXPECT_EQ(first_word(read_requests(line_only(line), pieces_of(1000))), "head GET");
}

TEST(H1RequestParser, bounds_the_head) {
  H1Limits limits;
  limits.head_bytes = 500;
  for (const Cut& cut : {whole(), pieces_of(1), pieces_of(64)}) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    EXPECT_EQ(first_word(read_requests(exactly(start, 500, "\r\n\r\n"), cut, limits)), "head GET");
    EXPECT_EQ(read_requests(exactly(start, 501, "\r\n\r\n"), cut, limits),
              "error 431 request head too long\n");
    EXPECT_EQ(read_requests(start + std::string(100000, 'x'), cut, limits),
              "error 431 request head too long\n");
    EXPECT_EQ(read_requests("GET / HTTP/1.1\r\n" + std::string(1000, 'n'), cut, limits),
              "error 431 request head too long\n");
  }
}

TEST(H1RequestParser, takes_a_head_of_60000_bytes_by_default) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 59; ++i) head += "X: " + std::string(1000, 'x') + "\r\n";
  head += "\r\n";
  for (const Cut& cut : {whole(), pieces_of(1), pieces_of(4000)}) {
    EXPECT_EQ(first_word(read_requests(head, cut)), "head GET");
  }
}

TEST(H1RequestParser, bounds_the_number_of_fields) {
  H1Limits limits;
  limits.fields = 3;
  EXPECT_EQ(first_word(read_requests(with({"Host: a", "X: 1", "X: 2"}), whole(), limits)),
            "head GET");
  EXPECT_EQ(read_requests(with({"Host: a", "X: 1", "X: 2", "X: 3"}), whole(), limits),
            "error 431 too many fields\n");
}

TEST(H1RequestParser, says_whether_a_message_has_begun) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  const auto feed = [&parser](std::string_view bytes) {
    Chunk in = Chunk::copy_of(bytes);
    return parser.next(in);
  };
  EXPECT_TRUE(parser.idle());
  EXPECT_EQ(feed("\r\n\r"), H1Event::need_data);
  EXPECT_TRUE(parser.idle());
  EXPECT_FALSE(parser.in_head());
  EXPECT_EQ(feed("\nG"), H1Event::need_data);
  EXPECT_FALSE(parser.idle());
  EXPECT_TRUE(parser.in_head());
  EXPECT_EQ(feed("ET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"), H1Event::head);
  EXPECT_FALSE(parser.in_head());
  EXPECT_FALSE(parser.idle());
  EXPECT_EQ(feed("x"), H1Event::body);
  EXPECT_FALSE(parser.idle());
  EXPECT_EQ(feed(""), H1Event::end);
  EXPECT_TRUE(parser.idle());
}

TEST(H1RequestParser, passes_everything_as_body_in_a_tunnel) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(with({"Host: a", "Connection: upgrade", "Upgrade: websocket"}) +
                            "\r\n\r\nraw \x01 bytes");
  ASSERT_EQ(parser.next(in), H1Event::head);
  ASSERT_EQ(parser.next(in), H1Event::end);
  parser.enter_tunnel();
  ASSERT_EQ(parser.next(in), H1Event::body);
  EXPECT_EQ(parser.take_body().view(), "\r\n\r\nraw \x01 bytes");
  EXPECT_EQ(parser.next(in), H1Event::need_data);
}

TEST(H1RequestParser, refers_to_the_bytes_it_was_given_instead_of_copying) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  const Chunk bytes = Chunk::copy_of(
      post({"X: y", "Transfer-Encoding: chunked"}, "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"));
  const auto inside = [&bytes](std::string_view view) {
    return view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size();
  };
  Chunk in = bytes;
  ASSERT_EQ(parser.next(in), H1Event::head);
  const RequestHead head = parser.take_head();
  EXPECT_TRUE(inside(head.path));
  EXPECT_TRUE(inside(head.authority));
  EXPECT_TRUE(inside(head.headers.get("x")));
  ASSERT_EQ(parser.next(in), H1Event::body);
  EXPECT_TRUE(inside(parser.take_body().view()));
  ASSERT_EQ(parser.next(in), H1Event::end);
  EXPECT_TRUE(inside(parser.take_trailers().get("x-sum")));
}

TEST(H1RequestParser, gives_heads_that_outlive_the_bytes_and_the_parser) {
  RequestHead head;
  {
    const H1Limits limits;
    H1RequestParser parser(limits);
    Chunk in = Chunk::copy_of(with({"Host: a", "X: y"}, "GET http://a?q HTTP/1.1"));
    ASSERT_EQ(parser.next(in), H1Event::head);
    head = parser.take_head();
  }
  EXPECT_EQ(head.path, "/?q");
  EXPECT_EQ(head.authority, "a");
  EXPECT_EQ(head.method_name, "GET");
  EXPECT_EQ(head.headers.get("X"), "y");
}

TEST(H1RequestParser, forgets_trailers_that_nobody_took) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(post({"Transfer-Encoding: chunked"}, "0\r\nX-Sum: 1\r\n\r\n") +
                            post({"Content-Length: 0"}, ""));
  ASSERT_EQ(parser.next(in), H1Event::head);
  ASSERT_EQ(parser.next(in), H1Event::end);
  ASSERT_EQ(parser.next(in), H1Event::head);
  ASSERT_EQ(parser.next(in), H1Event::end);
  EXPECT_TRUE(parser.take_trailers().empty());
}

TEST(H1RequestParser, leaves_the_next_request_in_the_chunk_after_end) {
  const H1Limits limits;
  H1RequestParser parser(limits);
  Chunk in = Chunk::copy_of(post({"Content-Length: 2"}, "hi") + "GET /next");
  ASSERT_EQ(parser.next(in), H1Event::head);
  ASSERT_EQ(parser.next(in), H1Event::body);
  ASSERT_EQ(parser.next(in), H1Event::end);
  EXPECT_EQ(in.view(), "GET /next");
}

// A head that is cut behind the bytes of the next message must give those bytes back.
TEST(H1RequestParser, gives_back_what_follows_a_head_that_was_cut) {
  const std::string first =
      post({"X: " + std::string(3000, 'x'), "Content-Length: 4000"}, std::string(4000, 'b'));
  const std::string text = read_requests(first + first);
  for (const size_t cut : {1, 10, 100, 2047, 2048, 2049, 3000, 4095, 4096, 4097}) {
    EXPECT_EQ(read_requests(first + first, once_at(cut)), text);
    EXPECT_EQ(read_requests(first + first, pieces_of(cut)), text);
  }
}

// The first event for these bytes under these rules, with what there is to say about it.
std::string under_rules(const H1RequestRules& rules, std::string_view bytes) {
  const H1Limits limits;
  H1RequestParser parser(limits, rules);
  Chunk in = Chunk::copy_of(bytes);
  if (parser.next(in) != H1Event::head) return std::to_string(parser.error().status);
  const RequestHead head = parser.take_head();
  std::string out(head.authority);
  for (const Field& field : head.headers) out.append(" ").append(field.name);
  return out;
}

TEST(H1RequestRules, http_1_0_is_refused_when_told_so) {
  const H1RequestRules rules{.accept_http10 = false};
  EXPECT_EQ(under_rules(rules, "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n"), "426");
  EXPECT_EQ(under_rules(rules, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), "a.test");
}

TEST(H1RequestRules, only_http_1_0_gets_the_default_host) {
  const H1RequestRules rules{.default_host = "default.test"};
  EXPECT_EQ(under_rules(rules, "GET / HTTP/1.0\r\n\r\n"), "default.test");
  EXPECT_EQ(under_rules(rules, "GET / HTTP/1.0\r\nHost: a.test\r\n\r\n"), "a.test");
  EXPECT_EQ(under_rules(rules, "GET http://b.test/ HTTP/1.0\r\n\r\n"), "b.test");
  EXPECT_EQ(under_rules(rules, "GET / HTTP/1.1\r\n\r\n"), "400");
}

TEST(H1RequestRules, names_with_underscores) {
  const char* const kRequest = "GET / HTTP/1.1\r\nHost: a.test\r\nx_a: 1\r\nx-b: 2\r\n\r\n";
  EXPECT_EQ(under_rules({}, kRequest), "a.test x_a x-b");
  EXPECT_EQ(under_rules({.underscores = Underscores::drop}, kRequest), "a.test x-b");
  EXPECT_EQ(under_rules({.underscores = Underscores::reject}, kRequest), "400");
}

}  // namespace
}  // namespace gnomon::http
