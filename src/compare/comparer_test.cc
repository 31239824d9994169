#include "compare/comparer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "compare/body_capture.h"
#include "compare/proto_testing.h"

namespace gnomon::compare {
namespace {

RuleSpec rule(std::string path, RuleAction action) {
  RuleSpec out;
  out.path = std::move(path);
  out.action = action;
  return out;
}

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

Answer answer(uint16_t status, const Fields& fields, std::string_view body) {
  Answer out;
  out.status = status;
  for (const auto& [name, value] : fields) out.headers.add(name, value);
  out.body.append(Chunk::copy_of(body));
  return out;
}

Answer json(std::string_view body) {
  return answer(200, {{"content-type", "application/json"}}, body);
}
Answer text(std::string_view body) { return answer(200, {{"content-type", "text/plain"}}, body); }
Answer fields(const Fields& list) { return answer(200, list, ""); }

class ComparerTest : public ::testing::Test {
 protected:
  void rules(const std::vector<RuleSpec>& specs, const RuleOptions& options = {}) {
    auto book = RuleBook::compile(specs, options);
    ASSERT_TRUE(book) << book.error().message;
    book_ = std::move(*book);
    hits_ = RuleHits(specs.size());
  }

  std::string diff(const Answer& left, const Answer& right) {
    comparer_.compare(left, right, book_.for_endpoint(""), hits_, result_);
    std::string out;
    for (const Difference& d : result_.differences) append(out, d);
    for (const Difference& d : result_.excused) append(out, d);
    return out;
  }

  static void append(std::string& out, const Difference& d) {
    if (!out.empty()) out += "; ";
    out += fmt::format("{} {}", d.path, to_string(d.kind));
    if (d.count != 1) out += fmt::format(" x{}", d.count);
    if (d.rule != kNoRule) out += fmt::format(" !{}", d.rule);
  }

  Comparer comparer_;
  RuleBook book_;
  RuleHits hits_{0};
  Result result_;
};

TEST_F(ComparerTest, OutcomesComeFirst) {
  const Answer good = json("{}");
  Answer refused;
  refused.outcome = Outcome::error;
  refused.error = Errc::connect_refused;
  Answer reset = refused;
  reset.error = Errc::reset;
  Answer late;
  late.outcome = Outcome::timed_out;
  Answer cut;
  cut.outcome = Outcome::cut;
  EXPECT_EQ(diff(good, refused), "outcome error");
  EXPECT_EQ(result_.differences[0].left, "answered 200");
  EXPECT_EQ(result_.differences[0].right, "error: connect_refused");
  EXPECT_EQ(diff(refused, good), "outcome error");
  EXPECT_EQ(diff(refused, refused), "");
  EXPECT_EQ(diff(refused, reset), "outcome error");
  EXPECT_EQ(diff(good, late), "outcome timeout");
  EXPECT_EQ(diff(good, cut), "");
  EXPECT_FALSE(result_.comparable);
  EXPECT_FALSE(result_.equal());
}

// The numbers of lines are those of the whole text.
TEST_F(ComparerTest, LinesAreCountedFromTheBeginning) {
  EXPECT_EQ(diff(text("a\nb\nc\nd"), text("a\nb\nX\nd")), "body value");
  EXPECT_EQ(result_.differences[0].where, "line 3");
  EXPECT_EQ(result_.differences[0].left, "c");
  EXPECT_EQ(diff(text("a\na\n"), text("a\n")), "body removed");
  EXPECT_EQ(diff(text("a\nb"), text("a\nb\n")), "body value");
  EXPECT_EQ(result_.differences[0].where, "line 2");
  EXPECT_EQ(diff(text("xa\nb\n"), text("a\nb\n")), "body value");
  EXPECT_EQ(diff(text("a\nb\n"), text("\na\nb\n")), "body added");
}

TEST_F(ComparerTest, TooManyLinesAreComparedByPlace) {
  std::string left;
  for (uint32_t i = 0; i <= Aligner::kElementsMax; ++i) left += i % 3 == 0 ? "a\n" : "b\n";
  EXPECT_EQ(diff(text(left), text("x\n" + left)), "body added");
  EXPECT_FALSE(result_.limits.has(Limit::edit_distance));
  std::string right = left;
  right.front() = right[right.size() - 2] = 'c';
  EXPECT_EQ(diff(text(left), text(right)), "body value x2");
  EXPECT_TRUE(result_.limits.has(Limit::edit_distance));
  EXPECT_EQ(result_.differences[0].where, "line 1");
  right += "more";
  EXPECT_EQ(diff(text(left), text(right)), "body value x2; body added");
}

TEST_F(ComparerTest, TooManyElementsAreComparedByPlace) {
  std::string left = "[0";
  for (uint32_t i = 0; i < Aligner::kElementsMax; ++i) left += i % 3 == 0 ? ",1" : ",2";
  std::string right = left;
  right[1] = right.back() = '7';
  EXPECT_EQ(diff(json(left + "]"), json(right + "]")), "$[*] value x2");
  EXPECT_TRUE(result_.limits.has(Limit::edit_distance));
  EXPECT_EQ(diff(json(left + "]"), json(right + ",3]")), "$[*] value x2; $[*] added");
  rules({rule("$", RuleAction::set)});
  right = left;
  right[1] = '1', right[3] = '0';
  EXPECT_EQ(diff(json(left + "]"), json(right + "]")), "$ ordering !0");
  EXPECT_TRUE(result_.limits.has(Limit::edit_distance));
  right[1] = '2';
  EXPECT_EQ(diff(json(left + "]"), json(right + "]")), "$[*] value x2");
}

size_t bytes_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_F(ComparerTest, GivesBackWhatAnUnusuallyLargeBodyTook) {
  std::string lines;
  std::string numbers = "[0";
  std::string members = "{\"a\":0";
  for (int i = 0; i < 100'000; ++i) {
    lines += fmt::format("{}\n", i);
    numbers += fmt::format(",{}", i);
    members += fmt::format(",\"k{}\":1", i);
  }
  rules({rule("$", RuleAction::set)});
  diff(json("[1]"), json("[2]"));
  const size_t before = bytes_in_use();
  diff(text("x\n" + lines + "x"), text("y\n" + lines + "z"));
  diff(json(numbers + ",1]"), json("[7" + numbers.substr(2) + ",2]"));
  diff(json(members + ",\"b\":1}"), json("{\"c\":0" + members.substr(6) + "}"));
  EXPECT_LT(bytes_in_use(), before + (size_t{24} << 20));
}

TEST_F(ComparerTest, AnotherClassOfStatusSaysItAll) {
  EXPECT_EQ(diff(answer(200, {}, "[1]"), answer(500, {{"x", "y"}}, "oops")), "status status");
  EXPECT_EQ(diff(answer(200, {}, "[1]"), answer(201, {}, "[2]")), "status status; $[*] value");
  RuleSpec success = rule("status", RuleAction::regex);
  success.pattern = "2..";
  rules({success});
  EXPECT_EQ(diff(answer(200, {}, "[1]"), answer(201, {}, "[1]")), "status status !0");
  EXPECT_EQ(diff(answer(200, {}, "[1]"), answer(301, {}, "[1]")), "status status");
}

TEST_F(ComparerTest, HeadersInAnyOrderAndCase) {
  EXPECT_EQ(diff(fields({{"A", "1"}, {"b", "2"}}), fields({{"B", "2"}, {"a", "1"}})), "");
  EXPECT_EQ(diff(fields({{"a", "1"}}), fields({{"a", "2"}, {"c", "3"}})),
            "header:a header; header:c header");
  EXPECT_EQ(result_.differences[0].risk, Risk::medium);
  EXPECT_EQ(result_.differences[1].risk, Risk::low);
  EXPECT_EQ(diff(fields({{"a", "1"}}), fields({})), "header:a header");
  EXPECT_EQ(result_.differences[0].risk, Risk::high);
  EXPECT_EQ(diff(fields({{"a", "1"}, {"a", "2"}}), fields({{"a", "1 ,2"}})), "");
  EXPECT_EQ(diff(fields({{"a", "1, 2"}}), fields({{"a", "2, 1"}})), "header:a header");
  EXPECT_EQ(diff(fields({{"Vary", "Accept, Origin"}}), fields({{"vary", "origin,accept"}})), "");
  EXPECT_EQ(diff(fields({{"date", "now"}, {"content-length", "1"}}), fields({{"date", "then"}})),
            "");
  EXPECT_EQ(diff(fields({{"content-type", "text/html; charset=UTF-8"}}),
                 fields({{"content-type", "Text/HTML;charset=\"utf-8\""}})),
            "");
  EXPECT_EQ(diff(fields({{"content-type", "text/html"}}), fields({{"content-type", "text/plain"}})),
            "header:content-type header");
  EXPECT_EQ(diff(fields({{"etag", "\"a, b\""}}), fields({{"etag", "\"a,b\""}})),
            "header:etag header");
}

TEST_F(ComparerTest, CookiesGoByTheirNames) {
  const auto set = [](std::string_view a, std::string_view b = {}) {
    Fields list = {{"Set-Cookie", a}};
    if (!b.empty()) list.emplace_back("set-cookie", b);
    return fields(list);
  };
  EXPECT_EQ(diff(set("a=1; Path=/", "b=2"), set("b=2", "a=1; path=/")), "");
  EXPECT_EQ(diff(set("a=1; Expires=Mon, 18 Jun 2018 11:46:23 GMT"),
                 set("a=2; Expires=Mon, 18 Jun 2018 11:46:24 GMT")),
            "cookie:a header; cookie:a;expires header");
  EXPECT_EQ(diff(set("a=1; HttpOnly"), set("a=1")), "cookie:a;httponly header");
  rules({rule("cookie:a*", RuleAction::ignore_value)});
  EXPECT_EQ(diff(set("a=1"), set("a=2; Secure")), "cookie:a;secure header; cookie:a header !0");
}

TEST_F(ComparerTest, RulesForHeaders) {
  rules({rule("header:etag", RuleAction::value_class), rule("header:x-*", RuleAction::ignore),
         rule("header:link", RuleAction::set), rule("header:*", RuleAction::subset)});
  auto book = RuleBook::compile(
      {{rule("header:etag", RuleAction::ignore_value), rule("header:x-*", RuleAction::ignore),
        rule("header:link", RuleAction::set), rule("header:new", RuleAction::subset)}});
  book_ = *book;
  EXPECT_EQ(diff(fields({{"etag", "1"}}), fields({{"etag", "2"}})), "header:etag header !0");
  EXPECT_EQ(diff(fields({{"etag", "1"}}), fields({})), "header:etag header");
  EXPECT_EQ(diff(fields({{"x-a", "1"}}), fields({{"X-B", "2"}})),
            "header:x-a header !1; header:x-b header !1");
  EXPECT_EQ(diff(fields({{"link", "a, b"}}), fields({{"link", "b, a"}})), "header:link header !2");
  EXPECT_EQ(diff(fields({}), fields({{"new", "1"}, {"newer", "1"}})),
            "header:newer header; header:new header !3");
}

TEST_F(ComparerTest, Trailers) {
  Answer left = answer(200, {}, "");
  Answer right = answer(200, {}, "");
  left.trailers.add("grpc-status", "0");
  right.trailers.add("Grpc-Status", "13");
  EXPECT_EQ(diff(left, right), "trailer:grpc-status header");
}

TEST_F(ComparerTest, EqualBytesAreNotRead) {
  EXPECT_EQ(diff(json("{not json"), json("{not json")), "");
  EXPECT_EQ(result_.settled, Settled::bytes);
  EXPECT_FALSE(result_.left_invalid);
  Answer cut_differently = answer(200, {{"content-type", "application/json"}}, "{\"a\"");
  cut_differently.body.append(Chunk::copy_of(":1}"));
  EXPECT_EQ(diff(json("{\"a\":1}"), cut_differently), "");
  EXPECT_EQ(result_.settled, Settled::bytes);
  EXPECT_EQ(diff(json("{\"a\":2}"), cut_differently), "$.a value");
  EXPECT_EQ(result_.settled, Settled::tree);
}

TEST_F(ComparerTest, KindsOfBodies) {
  EXPECT_EQ(diff(json("{\"a\":1}"), json("{ \"a\" : 1.0 }")), "");
  EXPECT_EQ(result_.settled, Settled::tree);
  EXPECT_EQ(diff(text("a\nb\nc\n"), text("a\nB\nc\nd\n")), "body value; body added");
  EXPECT_EQ(result_.differences[0].where, "line 2");
  EXPECT_EQ(result_.settled, Settled::text);
  EXPECT_EQ(diff(text("a\nb\n"), text("b\na\n")), "body ordering");
  EXPECT_EQ(diff(text("a\n"), text("a")), "body value");
  EXPECT_EQ(diff(text("{\"a\":1}"), text("{\"a\":2}")), "$.a value");
  EXPECT_EQ(diff(text("[INFO] a"), text("[INFO] b")), "body value");
  EXPECT_FALSE(result_.left_invalid);
  EXPECT_EQ(diff(answer(200, {}, "{\"a\":1}"), answer(200, {}, "{\"a\":1.0}")), "");
  const Fields png = {{"content-type", "image/png"}};
  EXPECT_EQ(diff(answer(200, png, "abc"), answer(200, png, "abd")), "body value");
  EXPECT_EQ(diff(answer(200, png, "abc"), answer(200, png, "ab")), "body length");
  EXPECT_EQ(result_.settled, Settled::digest);
  const Fields lines = {{"content-type", "application/x-ndjson"}};
  EXPECT_EQ(diff(answer(200, lines, "{\"a\":1}\n{\"a\":2}\n"),
                 answer(200, lines, "{\"a\":1}\n{\"a\":3}")),
            "$[*].a value");
}

TEST_F(ComparerTest, ABodyOrNone) {
  EXPECT_EQ(diff(json("{}"), json("")), "body removed");
  EXPECT_EQ(diff(text(""), text("a")), "body added");
  rules({}, {.subset = true});
  EXPECT_EQ(diff(text(""), text("a")), "body added !-2");
}

Answer typed(std::string_view type, std::string_view body) {
  return answer(200, {{"content-type", type}}, body);
}

TEST_F(ComparerTest, ASubsetMayHaveMoreWhateverTheBodyIs) {
  rules({}, {.subset = true});
  EXPECT_EQ(diff(text("a\nb\n"), text("a\nmore\nb\nmore\n")), "body added x2 !-2");
  EXPECT_TRUE(result_.equal());
  EXPECT_EQ(diff(text("a\nb\n"), text("a\nX\nmore\n")), "body value; body added !-2");
  EXPECT_EQ(diff(text("a\nb\n"), text("a\n")), "body removed");
  const auto form = [](std::string_view body) {
    return typed("application/x-www-form-urlencoded", body);
  };
  EXPECT_EQ(diff(form("a=1"), form("b=2&a=1&a=3")), "$.b added !-2; $.a added !-2");
  const auto xml = [](std::string_view body) { return typed("text/xml", body); };
  EXPECT_EQ(diff(xml("<a><b/></a>"), xml("<a x='1'><b/><b/><c/></a>")),
            "$.a.b[*] added !-2; $.a.@x added !-2; $.a.c added !-2");
  EXPECT_EQ(diff(xml("<a><b>1</b><c/></a>"), xml("<a><b x='1'>1</b><c><d/></c></a>")),
            "$.a.b[*].@x added !-2; $.a.c[*].d added !-2");
  EXPECT_EQ(diff(xml("<a><b x='1'>1</b></a>"), xml("<a><b>1</b></a>")), "$.a.b[*].@x removed");
  EXPECT_EQ(diff(xml("<a>1</a>"), xml("<a x='1'>2</a>")), "$.a type");
  const auto html = [](std::string_view body) { return typed("text/html", body); };
  EXPECT_EQ(diff(html("<p>Hi"), html("<h1>New</h1><p class=x>Hi<br></p>")),
            "$[*].p[*] added !-2; $[*].@class added !-2; $[*] added !-2");
  EXPECT_EQ(diff(fields({{"a", "1"}, {"set-cookie", "s=1"}}),
                 fields({{"a", "1"}, {"b", "2"}, {"set-cookie", "s=1; Secure"}})),
            "header:b header !-2; cookie:s;secure header !-2");
  EXPECT_EQ(diff(fields({{"a", "1"}}), fields({{"a", "1, 2"}})), "header:a header");
}

// An element without anything but text is that text.
TEST_F(ComparerTest, AnAttributeMoreIsNotAnotherType) {
  const auto xml = [](std::string_view body) { return typed("text/xml", body); };
  EXPECT_EQ(diff(xml("<a>1</a>"), xml("<a x='1'>1</a>")), "$.a.@x added");
  EXPECT_EQ(diff(xml("<a x='1'/>"), xml("<a/>")), "$.a.@x removed");
  EXPECT_EQ(diff(json(R"({"a":"1"})"), json(R"({"a":{"#text":"1"}})")), "$.a type");
}

TEST_F(ComparerTest, TextThatStandsElsewhereAmongElementsIsADifference) {
  EXPECT_EQ(diff(typed("text/xml", "<p><b/>one two</p>"), typed("text/xml", "<p>one two<b/></p>")),
            "$.p.#text ordering");
  EXPECT_EQ(diff(typed("text/html", "<p><b></b>one</p>"), typed("text/html", "<p>one<b></b></p>")),
            "$[*].p ordering");
}

TEST_F(ComparerTest, MarkupFormsAndMessagesAreTrees) {
  EXPECT_EQ(diff(typed("text/xml", "<a x='1' y='2'><b>1</b></a>"),
                 typed("text/xml", "<a y=\"2\" x=\"1\"><b>2</b></a>")),
            "$.a.b[*] value");
  EXPECT_EQ(diff(typed("text/html", "<p>Hi <b>you</b>"), typed("text/html", "<p>Hi <b>me</b></p>")),
            "$[*].p[*].b[*] value");
  EXPECT_EQ(diff(typed("application/x-www-form-urlencoded", "a=1&b=2"),
                 typed("application/x-www-form-urlencoded", "b=2&a=%31")),
            "");
  // Field 1 is the number 1, or 2.
  EXPECT_EQ(diff(typed("application/grpc", std::string_view("\0\0\0\0\2\x08\1", 7)),
                 typed("application/grpc", std::string_view("\0\0\0\0\2\x08\2", 7))),
            "$[*].1 value");
}

TEST_F(ComparerTest, AnAbsurdExponentIsANumberStill) {
  EXPECT_EQ(diff(json(R"({"a":1e999999999999999999999,"b":1})"),
                 json(R"({"b":2,"a":1.0e+999999999999999999999})")),
            "$.b value");
  EXPECT_FALSE(result_.left_invalid);
  RuleSpec tolerance = rule("$", RuleAction::tolerance);
  tolerance.relative = 0.1;
  rules({tolerance});
  EXPECT_EQ(diff(json("[1e999999999999999999999]"), json("[1e999999999999999999998]")),
            "$[*] value");
}

TEST_F(ComparerTest, WhatIsNotJsonIsAFinding) {
  EXPECT_EQ(diff(json("{\"a\":1}"), json("oops")), "body type");
  EXPECT_FALSE(result_.left_invalid);
  EXPECT_TRUE(result_.right_invalid);
  EXPECT_EQ(diff(json("oops\na"), json("oops\nb")), "body value");
  EXPECT_EQ(result_.settled, Settled::text);
  EXPECT_TRUE(result_.left_invalid);
}

TEST_F(ComparerTest, TooDeepIsComparedAsText) {
  const std::string open(2000, '[');
  const std::string close(2000, ']');
  EXPECT_EQ(diff(json(open + close), json(open + "1" + close)), "body value");
  EXPECT_TRUE(result_.limits.has(Limit::depth));
  // It says nothing about the next pair.
  EXPECT_EQ(diff(text("a"), text("b")), "body value");
  EXPECT_TRUE(result_.limits.empty());
  EXPECT_EQ(result_.settled, Settled::text);
}

TEST_F(ComparerTest, BodiesThatWereNotCapturedWhole) {
  const auto captured = [](std::string_view body) {
    Answer out = answer(200, {}, "");
    BodyCapture capture(4);
    capture.append(Chunk::copy_of(body));
    out.body = capture.take();
    return out;
  };
  EXPECT_EQ(diff(captured("abcdef"), captured("abcdef")), "");
  EXPECT_EQ(result_.settled, Settled::digest);
  EXPECT_TRUE(result_.limits.has(Limit::body_capture));
  EXPECT_EQ(diff(captured("abcdef"), captured("abcdeX")), "body value");
  EXPECT_EQ(diff(captured("abcdef"), captured("abcdefg")), "body length");
  EXPECT_EQ(diff(captured("abcdef"), captured("abc")), "body length");
}

TEST_F(ComparerTest, BodiesThatWereLetGo) {
  const auto shed = [](std::string_view body) {
    Answer out = json(body);
    BodyCapture capture;
    capture.append(Chunk::copy_of(body));
    capture.shed();
    out.body = capture.take();
    return out;
  };
  EXPECT_EQ(diff(shed("{\"a\":1}"), shed("{\"a\":1}")), "");
  EXPECT_EQ(result_.settled, Settled::digest);
  EXPECT_EQ(result_.limits.names(), std::vector<std::string_view>{"memoryPressure"});
  EXPECT_EQ(diff(shed("{\"a\":1}"), shed("{\"a\":2}")), "body value");
  EXPECT_EQ(diff(shed("{\"a\":1}"), shed("{\"a\": 1}")), "body length");
  // Of nothing there was nothing to let go of.
  EXPECT_EQ(diff(shed("{\"a\":1}"), shed("")), "body length");
  EXPECT_EQ(result_.limits.names(), std::vector<std::string_view>{"memoryPressure"});
  EXPECT_EQ(diff(shed(""), shed("")), "");
  EXPECT_TRUE(result_.limits.empty());
}

TEST_F(ComparerTest, CodingsThatFail) {
  const auto coded = [](std::string_view coding, std::string_view body) {
    return answer(200, {{"content-encoding", coding}, {"content-type", "text/plain"}}, body);
  };
  EXPECT_EQ(diff(coded("gzip", "not gzip"), coded("gzip", "not gzip")), "");
  EXPECT_EQ(diff(coded("gzip", "not gzip"), coded("gzip", "not zipped")), "body length");
  EXPECT_EQ(diff(coded("gzip", "not gzip"), coded("identity", "not gzip")),
            "header:content-encoding header; body type");
}

TEST_F(ComparerTest, body_that_is_decoded_already_is_compared_by_its_kind) {
  const auto decoded = [](std::string_view body) {
    Answer out =
        answer(200, {{"content-encoding", "gzip"}, {"content-type", "application/json"}}, body);
    out.decoded = true;
    return out;
  };
  EXPECT_EQ(diff(decoded(R"({"a":1,"b":2})"), decoded(R"({"b":2,"a":1})")), "");
  EXPECT_EQ(diff(decoded(R"({"a":1})"), decoded(R"({"a":2})")), "$.a value");
  EXPECT_EQ(diff(decoded(R"({"a":1})"), json(R"({"a":2})")),
            "header:content-encoding header; $.a value");
}

TEST_F(ComparerTest, request_of_grpc_is_read_as_what_its_method_takes) {
  const auto schema = ProtoSchema::load(testing::shop_with_search());
  ASSERT_TRUE(schema) << schema.error();
  const auto message = [](std::string_view word) {
    return answer(0, {{"content-type", "application/grpc"}},
                  testing::grpc_frame(testing::bytes_field(1, word)));
  };
  const auto path_of = [&](ProtoSchema::Side side) {
    const RequestFacts request{"/shop.Pets/Find", schema->get(), side};
    comparer_.compare(message("rex"), message("tom"), book_.for_endpoint(""), hits_, result_,
                      request);
    return result_.differences.empty() ? std::string() : result_.differences[0].path;
  };
  EXPECT_EQ(path_of(ProtoSchema::Side::request), "$[*].word");
  EXPECT_EQ(path_of(ProtoSchema::Side::response), "$[*].name");
}

TEST_F(ComparerTest, TheWholeBodyMayBeIgnored) {
  rules({rule("body", RuleAction::ignore)});
  EXPECT_EQ(diff(json("1"), json("[]")), "body value !0");
  EXPECT_TRUE(result_.equal());
  RuleSpec pattern = rule("body", RuleAction::regex);
  pattern.pattern = "t=\\d+";
  rules({pattern});
  EXPECT_EQ(diff(text("a\nt=1\n"), text("a\nt=2\n")), "body value !0");
  EXPECT_EQ(diff(text("a\nt=1\n"), text("b\nt=2\n")), "body value; body value !0");
}

// A rule that is of no use because all answers are the same is not one that matches nothing.
TEST_F(ComparerTest, RulesAreLookedForInEqualBodiesToo) {
  rules({rule("$.a", RuleAction::ignore), rule("$.typo", RuleAction::ignore)});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(diff(json("{\"a\":1}"), json("{\"a\":1}")), "");
  EXPECT_EQ(result_.settled, Settled::bytes);
  EXPECT_GT(hits_.counts()[0].selected, 0U);
  EXPECT_LE(hits_.counts()[0].selected, 128U);
  EXPECT_EQ(hits_.counts()[1].selected, 0U);
}

TEST_F(ComparerTest, BodiesAlone) {
  comparer_.compare_bodies("{\"a\":1}", "{\"a\":2}", "application/json", Rules(), hits_, result_);
  ASSERT_EQ(result_.differences.size(), 1U);
  EXPECT_EQ(result_.differences[0].path, "$.a");
}

}  // namespace
}  // namespace gnomon::compare
