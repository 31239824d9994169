#include "http/h2_session.h"

#include <gtest/gtest.h>

#include "http/h2_frames.h"
#include "http/h2_transcript.h"

namespace gnomon::http {
namespace {

std::string story(const std::string& frames) {
  const std::string bytes = h2_hello() + frames;
  H2Transcript whole;
  whole.feed(bytes, bytes.size());
  H2Transcript cut;
  cut.feed(bytes, 1);
  EXPECT_EQ(whole.text(), cut.text());
  return whole.text();
}

H2TestFields with(H2TestFields fields, const H2TestFields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

TEST(H2Session, a_request_with_body_and_trailers) {
  const H2TestFields fields =
      with(h2_request("POST", "/a?b"), {{"x-a", "1"}, {"cookie", "a=1"}, {"cookie", "b=2"}});
  EXPECT_EQ(story(h2_head(1, fields, false) + h2_frame(kH2Data, 0, 1, "hello ") +
                  h2_frame(kH2Data, 0, 1, "world") +
                  h2_head(1, {{"x-t", "2"}, {"set-cookie", "no"}}, true)),
            "1: POST a.example /a?b 2 x-a=1 cookie=a=1; b=2 body hello world end x-t=2\n");
}

TEST(H2Session, crumbs_of_cookies_that_are_empty_leave_nothing_behind) {
  EXPECT_EQ(story(h2_head(1, with(h2_request(), {{"cookie", "a=1"}, {"cookie", ""}}), true)),
            "1: GET a.example / 0 cookie=a=1 end\n");
}

TEST(H2Session, a_length_must_be_kept) {
  const auto post = [](const char* length) {
    return h2_head(1, with(h2_request("POST"), {{"content-length", length}}), false);
  };
  EXPECT_EQ(story(post("5") + h2_frame(kH2Data, kH2EndStream, 1, "hello")),
            "1: POST a.example / 1 body hello end\n");
  EXPECT_EQ(story(post("6") + h2_frame(kH2Data, kH2EndStream, 1, "hello")),
            "1: POST a.example / 1 closed 1\n");
  EXPECT_NE(story(post("4") + h2_frame(kH2Data, kH2EndStream, 1, "hello")).find("closed 1"),
            std::string::npos);
  EXPECT_EQ(story(h2_head(1, with(h2_request(), {{"content-length", "5"}}), true)).find(" end"),
            std::string::npos);
}

struct Bad {
  const char* name;
  H2TestFields fields;
};

class H2BadHead : public testing::TestWithParam<Bad> {};

TEST_P(H2BadHead, is_refused) {
  const std::string text = story(h2_head(1, GetParam().fields, true));
  EXPECT_EQ(text.find(" end"), std::string::npos) << text;
}

H2TestFields target(std::string method, std::string scheme, std::string authority,
                    std::string path) {
  return {{":method", std::move(method)},
          {":scheme", std::move(scheme)},
          {":authority", std::move(authority)},
          {":path", std::move(path)}};
}

INSTANTIATE_TEST_SUITE_P(
    , H2BadHead,
    testing::Values(
        Bad{"upper_case", with(h2_request(), {{"X-A", "1"}})},
        Bad{"space_in_name", with(h2_request(), {{"x a", "1"}})},
        Bad{"colon_in_name", with(h2_request(), {{"x:a", "1"}})},
        Bad{"line_break_in_name", with(h2_request(), {{"x\r\ny", "1"}})},
        Bad{"empty_name", with(h2_request(), {{"", "1"}})},
        Bad{"line_break_in_value", with(h2_request(), {{"x", "1\r\ny: 2"}})},
        Bad{"zero_in_value", with(h2_request(), {{"x", std::string("1\0002", 3)}})},
        Bad{"leading_space", with(h2_request(), {{"x", " 1"}})},
        Bad{"trailing_tab", with(h2_request(), {{"x", "1\t"}})},
        Bad{"connection", with(h2_request(), {{"connection", "close"}})},
        Bad{"keep_alive", with(h2_request(), {{"keep-alive", "1"}})},
        Bad{"proxy_connection", with(h2_request(), {{"proxy-connection", "close"}})},
        Bad{"transfer_encoding", with(h2_request(), {{"transfer-encoding", "chunked"}})},
        Bad{"upgrade", with(h2_request(), {{"upgrade", "h2c"}})},
        Bad{"te_gzip", with(h2_request(), {{"te", "gzip"}})},
        Bad{"te_more", with(h2_request(), {{"te", "trailers, gzip"}})},
        Bad{"pseudo_late", {{":method", "GET"}, {":scheme", "http"}, {"x", "1"}, {":path", "/"}}},
        Bad{"pseudo_twice", with(h2_request(), {{":path", "/"}})},
        Bad{"pseudo_unknown",
            {{":evil", "1"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}}},
        Bad{"pseudo_of_answers",
            {{":status", "200"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}}},
        Bad{"no_path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a.example"}}},
        Bad{"no_authority", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}},
        Bad{"other_host", with(h2_request(), {{"host", "evil.example"}})},
        Bad{"lengths", with(h2_request(), {{"content-length", "0"}, {"content-length", "0"}})},
        Bad{"length_plus", with(h2_request(), {{"content-length", "+0"}})},
        Bad{"expect", with(h2_request(), {{"expect", "more"}})},
        Bad{"method_with_space", target("GET / HTTP/1.1", "http", "a.example", "/")},
        Bad{"trace", target("TRACE", "http", "a.example", "/")},
        Bad{"connect", {{":method", "CONNECT"}, {":authority", "a.example:1"}}},
        Bad{"scheme", target("GET", "gopher", "a.example", "/")},
        Bad{"path_empty", target("GET", "http", "a.example", "")},
        Bad{"path_relative", target("GET", "http", "a.example", "x")},
        Bad{"path_absolute", target("GET", "http", "a.example", "http://evil.example/")},
        Bad{"path_star", target("GET", "http", "a.example", "*")},
        Bad{"path_fragment", target("GET", "http", "a.example", "/#x")},
        Bad{"path_space", target("GET", "http", "a.example", "/ HTTP/1.1")},
        Bad{"path_high", target("GET", "http", "a.example", "/\xff")},
        Bad{"userinfo", target("GET", "http", "u:p@a.example", "/")},
        Bad{"authority_path", target("GET", "http", "a.example/x", "/")},
        Bad{"length_without_body", with(h2_request(), {{"content-length", "5"}})}),
    [](const testing::TestParamInfo<Bad>& info) { return std::string(info.param.name); });

TEST(H2Session, fields_are_counted_after_decompression) {
  H2TestFields many = h2_request();
  for (int i = 0; i < 120; ++i) many.emplace_back("cookie", "a");
  EXPECT_EQ(story(h2_head(1, many, true)), "1: too large closed 1\n");
}

TEST(H2Session, an_extended_connect_asks_for_a_protocol_that_is_none_of_http) {
  const auto connect = [](const char* protocol) {
    return h2_head(1,
                   {{":method", "CONNECT"},
                    {":protocol", protocol},
                    {":scheme", "http"},
                    {":authority", "a.example"},
                    {":path", "/"}},
                   false);
  };
  EXPECT_EQ(story(connect("websocket")), "1: GET a.example / 0\n");
  EXPECT_EQ(story(connect("h2c")), "1: 501 no such protocol closed 1\n");
  EXPECT_EQ(story(connect("H2C")), "1: 501 no such protocol closed 1\n");
}

// Whether it comes in the same read as the GOAWAY or later.
TEST(H2Session, a_client_that_has_said_goaway_begins_no_stream) {
  const std::string goaway = h2_frame(kH2Goaway, 0, 0, h2_u32(0) + h2_u32(0));
  EXPECT_EQ(story(goaway + h2_head(1, h2_request(), true)), "");
  // What it has begun is served.
  EXPECT_EQ(story(h2_head(1, h2_request("POST"), false) + goaway + h2_head(3, h2_request(), true) +
                  h2_frame(kH2Data, kH2EndStream, 1, "hello")),
            "1: POST a.example / 2 body hello end\n");
  EXPECT_EQ(story(h2_head(1, h2_request("POST"), false) + goaway +
                  h2_frame(kH2Reset, 0, 1, h2_u32(8)) + h2_head(3, h2_request(), true)),
            "1: POST a.example / 2 closed 8\n");
}

TEST(H2Session, what_a_paused_stream_got_comes_when_it_resumes) {
  H2Transcript server;
  server.feed(h2_hello() + h2_head(1, h2_request("POST"), false), 1000);
  H2Stream* stream = nullptr;
  server.session().for_each_stream([&](H2Stream& found) { stream = &found; });
  ASSERT_NE(stream, nullptr);
  server.session().pause(*stream);
  server.feed(h2_frame(kH2Data, 0, 1, "hel") + h2_frame(kH2Data, kH2EndStream, 1, "lo"), 1000);
  EXPECT_EQ(server.text(), "1: POST a.example / 2\n");
  server.session().resume(*stream);
  EXPECT_EQ(server.text(), "1: POST a.example / 2 body hello end\n");
}

TEST(H2Session, floods_end_it) {
  for (const std::string& noise : {h2_frame(kH2Settings, 0, 0), h2_frame(kH2Ping, 0, 0, "8 bytes!"),
                                   h2_frame(kH2WindowUpdate, 0, 0, h2_u32(1))}) {
    H2Transcript server;
    std::string bytes = h2_hello();
    for (int i = 0; i < 2000; ++i) bytes += noise;
    server.feed(bytes, 4096);
    EXPECT_NE(server.session().flood(), H2Flood::none);
    EXPECT_TRUE(server.session().over());
    // ENHANCE_YOUR_CALM is the last word.
    EXPECT_TRUE(server.said().to_string().ends_with(h2_u32(11)));
  }
}

}  // namespace
}  // namespace gnomon::http
