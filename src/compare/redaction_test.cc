#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/rng.h"
#include "compare/body_capture.h"
#include "compare/coding_testing.h"
#include "compare/proto_testing.h"
#include "compare/redacted_body.h"
#include "compare/redacted_tree.h"
#include "compare/redactor.h"

namespace gnomon::compare {
namespace {

using Place = RedactionSpec::Place;

RedactionKey key(unsigned char fill = 7) {
  RedactionKey::Bytes bytes;
  bytes.fill(fill);
  return RedactionKey(bytes);
}

Redactor redactor(const std::vector<RedactionSpec>& specs = {},
                  RedactionMode mode = RedactionMode::rules) {
  const auto policy = RedactionPolicy::compile(specs, mode);
  EXPECT_TRUE(policy.has_value()) << policy.error();
  return {*policy, key()};
}

std::string hidden(std::string_view text) { return key().stand_in(text); }

struct BodyOptions {
  std::string_view encoding;
  GrpcContext grpc;
  size_t capture = BodyCapture::kDefaultLimit;
};

RedactedBody body(const Redactor& with, std::string_view type, std::string_view bytes,
                  const BodyOptions& options = {}) {
  BodyCapture capture(options.capture);
  capture.append(Chunk::copy_of(bytes));
  const CapturedBody captured = capture.take();
  TreeReader reader;
  Document scratch;
  BodyToRedact what{captured, type, options.encoding, options.grpc, {}, {}};
  return redacted_body(with, what, reader, scratch);
}

std::string json(const Redactor& with, std::string_view text) {
  return body(with, "application/json", text).text;
}

TEST(RedactionKey, tells_nothing_but_equality) {
  EXPECT_EQ(key().stand_in("a"), key().stand_in("a"));
  EXPECT_NE(key().stand_in("a"), key().stand_in("b"));
  EXPECT_NE(key().stand_in("a"), key(8).stand_in("a"));
  EXPECT_NE(key().stand_in("1"), key().stand_in("1", RedactionKey::Of::number));
  EXPECT_EQ(key().stand_in("").size(), 25u);
  EXPECT_EQ(key().stand_in("").find_first_not_of(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(RedactionPolicy, refuses_rules_that_mean_nothing) {
  for (const RedactionSpec& bad : std::initializer_list<RedactionSpec>{{Place::path, "owner.email"},
                                                                       {Place::path, "status"},
                                                                       {Place::path, ""},
                                                                       {Place::header, "two words"},
                                                                       {Place::regex, "("},
                                                                       {Place::regex, "a*"}}) {
    const auto policy = RedactionPolicy::compile(std::span(&bad, 1), RedactionMode::rules);
    ASSERT_FALSE(policy.has_value()) << bad.text;
    EXPECT_NE(policy.error().find("\"" + bad.text + "\""), std::string::npos) << policy.error();
  }
}

TEST(RedactionPolicy, knows_names_of_secrets) {
  for (const char* name :
       {"password", "Password", "access_token", "accessToken", "X-API-Key", "@token", "JSESSIONID",
        "client-secret", "newPassword", "X-Vault-Token", "aws_secret_access_key", "X-Session-Id",
        "cf-access-jwt", "password_confirmation"}) {
    EXPECT_TRUE(RedactionPolicy::is_secret_name(name)) << name;
  }
  for (const char* name : {"", "name", "tokens", "id", "passwordless"}) {
    EXPECT_FALSE(RedactionPolicy::is_secret_name(name)) << name;
  }
}

TEST(Redactor, keeps_schemes_and_names_of_credentials) {
  const Redactor r = redactor();
  EXPECT_EQ(r.header("Authorization", "Bearer abc"), "Bearer " + hidden("abc"));
  EXPECT_EQ(r.header("authorization", "my secret"), hidden("my secret"));
  EXPECT_EQ(r.header("Cookie", "a=1;b=\"2\" ; lone"),
            "a=" + hidden("1") + "; b=" + hidden("\"2\"") + "; " + hidden("lone"));
  EXPECT_EQ(r.header("Set-Cookie", "sid=x; Path=/; Secure"),
            "sid=" + hidden("x") + "; Path=/; Secure");
  EXPECT_EQ(r.header("X-Api-Key", "k"), hidden("k"));
  EXPECT_EQ(r.header("Accept", "text/html;q=0.9, */*; x=\"?\""), "text/html;q=0.9, */*; x=\"?\"");
}

TEST(Redactor, follows_rules_for_headers) {
  const Redactor r = redactor({{Place::header, "X-User"}, {Place::path, "header:x-priv-*"}});
  Headers headers;
  headers.add("x-user", "ann");
  headers.add("X-Priv-Mail", "a@b");
  headers.add("X-Open", "1");
  const Headers out = r.headers(headers);
  EXPECT_EQ(out.get("X-User"), hidden("ann"));
  EXPECT_EQ(out.get("x-priv-mail"), hidden("a@b"));
  EXPECT_EQ(out.get("x-open"), "1");
}

TEST(Redactor, looks_into_urls_wherever_they_stand) {
  const Redactor r = redactor({{Place::query, "email"}});
  EXPECT_EQ(r.target("/a/b?x=1&email=a%40b&Email=c&flag", ""),
            "/a/b?x=1&email=" + hidden("a@b") + "&Email=" + hidden("c") + "&flag");
  EXPECT_EQ(r.target("/cart;jsessionid=1/items", ""), "/cart;jsessionid=" + hidden("1") + "/items");
  EXPECT_EQ(r.header("Location", "https://ann:pw@host/x?token=t#access_token=u"),
            "https://" + hidden("ann:pw") + "@host/x?token=" + hidden("t") +
                "#access_token=" + hidden("u"));
  EXPECT_EQ(r.header("Link", "<https://h/?email=a,b&page=2>; rel=\"next\""),
            "<https://h/?email=" + hidden("a,b") + "&page=2>; rel=\"next\"");
  EXPECT_EQ(json(r, R"({"next":"/x?email=a"})"), R"({"next":"/x?email=)" + hidden("a") + "\"}");
}

TEST(Redactor, hides_what_is_named_in_a_text) {
  const Redactor plain = redactor();
  EXPECT_EQ(plain.text("a: 1\npassword: s3cret x\r\nnext: 2"),
            "a: 1\npassword: " + hidden("s3cret x") + "\r\nnext: 2");
  EXPECT_EQ(plain.value(R"({"user":"ann","password":"s3cret"})"),
            R"({"user":"ann","password":)" + hidden(R"("s3cret"})"));
  for (const char* text : {R"({\"api_key\" : \"s3cret\"})", "Authorization: Bearer s3cret",
                           "{'newPassword':'s3cret'}", "a=1 token:s3cret"}) {
    EXPECT_FALSE(plain.value(text).contains("s3cret")) << text;
  }
  EXPECT_EQ(plain.value("token: a secret: b\nhost: c\nsecret: d"),
            "token: " + hidden("a secret: b") + "\nhost: c\nsecret: " + hidden("d"));
  for (const char* text :
       {"12:30", "a: b", "https://example.com/", "token:", ":", "see: password"}) {
    EXPECT_EQ(plain.value(text), text);
  }
}

TEST(Redactor, hides_a_value_whose_name_stands_beside_it) {
  const Redactor plain = redactor();
  EXPECT_EQ(
      json(plain, R"([{"name":"DB_PASSWORD","value":"a"},{"name":"port","value":"b"}])"),
      R"([{"name":"DB_PASSWORD","value":")" + hidden("a") + R"("},{"name":"port","value":"b"}])");
  for (const char* html :
       {"<input type=hidden name=csrf_token value=s3cret>", "<input type=password value=s3cret>",
        "<meta content=s3cret name=csrf-token>"}) {
    const std::string kept = body(plain, "text/html", html).text;
    EXPECT_TRUE(!kept.empty() && !kept.contains("s3cret")) << kept;
  }
  Difference found;
  for (const char* path : {"$[*].value", "$[*].html.@value", "$.@content"}) {
    found.path = found.where = path;
    found.left = "\"s3cret\"";
    EXPECT_FALSE(plain.difference(found, Settled::tree, ContentKind::html).left.contains("s3cret"))
        << path;
  }
}

TEST(Redactor, hides_what_was_cut_before_it_can_be_known) {
  Difference found;
  found.path = found.where = "header:location";
  found.left = "https://ann:s3cret\xe2\x80\xa6";
  found.right = "https://host/s3cret\xe2\x80\xa6";
  const Difference shown = redactor().difference(found, Settled::bytes, ContentKind::json);
  EXPECT_FALSE(shown.left.contains("s3cret"));
  EXPECT_EQ(shown.right, found.right);
}

TEST(Redactor, hides_binary_metadata) {
  EXPECT_EQ(redactor().header("grpc-status-details-bin", "CAUS"), hidden("CAUS"));
}

TEST(Redactor, hides_matches_of_expressions) {
  const Redactor r = redactor({{Place::regex, R"(\d{4}-\d{4})"}, {Place::regex, "[a-z]+@[a-z.]+"}});
  const std::string card = hidden("1234-5678");
  EXPECT_EQ(r.header("X-Note", "card 1234-5678!"), "card " + card + "!");
  EXPECT_EQ(r.target("/cards/1234-5678?c=1234%2D5678&d=1", ""),
            "/cards/" + card + "?c=" + card + "&d=1");
  EXPECT_EQ(r.target("/u/a%40b.c", ""), "/u/" + hidden("a@b.c"));
  EXPECT_EQ(json(r, R"({"1234-5678":"x 1234-5678 y","n":12345678})"),
            "{\"" + card + "\":\"x " + card + " y\",\"n\":12345678}");
  EXPECT_EQ(body(r, "text/plain", "one a@b.c\n1234-5678").text,
            "one " + hidden("a@b.c") + "\n" + card);
}

TEST(Redactor, keeps_the_structure_of_json) {
  const Redactor r = redactor({{Place::path, "$.owner.email"},
                               {Place::path, "$..ssn"},
                               {Place::path, "$.list[1]"},
                               {Place::path, "$.deep"}});
  EXPECT_EQ(json(r, R"({ "owner": {"email": "a@b", "age": 1.50}, "list": ["x", "y", null] })"),
            R"({"owner":{"email":")" + hidden("a@b") + R"(","age":1.50},"list":["x",")" +
                hidden("y") + R"(",null]})");
  EXPECT_EQ(json(r, R"([{"ssn":[{"a":"1"}]}])"), R"([{"ssn":[{"a":")" + hidden("1") + "\"}]}]");
  EXPECT_EQ(json(r, R"({"deep":{"k":true},"password":"p"})"),
            R"({"deep":{"k":")" + key().stand_in("true", RedactionKey::Of::constant) +
                R"("},"password":")" + hidden("p") + "\"}");
}

TEST(Redactor, reads_other_formats_as_the_tree_that_paths_lead_into) {
  const Redactor r =
      redactor({{Place::path, "$.order.mail[*]"}, {Place::form, "pin"}, {Place::path, "$[*].1"}});
  EXPECT_EQ(body(r, "text/xml", "<order><mail>a@b</mail><n>1</n></order>").text,
            R"({"order":{"mail":[")" + hidden("a@b") + R"("],"n":["1"]}})");
  EXPECT_EQ(body(r, "application/x-www-form-urlencoded", "pin=%31&q=2").text,
            R"({"pin":")" + hidden("1") + R"(","q":"2"})");
  EXPECT_EQ(json(r, R"({"pin":"1"})"), R"({"pin":"1"})");
  EXPECT_EQ(body(r, "application/grpc",
                 testing::grpc_frame(testing::bytes_field(1, "ann") + testing::number_field(2, 5)))
                .text,
            R"([{"1":")" + hidden("ann") + R"(","2":5}])");
}

TEST(Redactor, keeps_names_only_or_equality_only) {
  const Redactor names = redactor({}, RedactionMode::names_only);
  EXPECT_EQ(names.header("Accept", "text/html"), "redacted");
  EXPECT_EQ(names.header("Set-Cookie", "a=1; Path=/x; Secure"),
            "a=redacted; Path=redacted; Secure");
  EXPECT_EQ(names.target("/user/ann/name?a=1&b", "GET /user/{}/name"),
            "/user/redacted/name?a=redacted&redacted");
  EXPECT_EQ(json(names, R"({"a":1,"b":[true,"x"],"507f1f77bcf86cd799439011":null})"),
            R"({"a":"redacted","b":["redacted","redacted"],"redacted":"redacted"})");
  EXPECT_FALSE(body(names, "text/plain", "words").readable);
  EXPECT_EQ(body(names, "text/plain", "words").digest, "redacted");

  const Redactor hashes = redactor({}, RedactionMode::hash_values);
  EXPECT_EQ(hashes.header("Accept", "text/html"), hidden("text/html"));
  EXPECT_EQ(hashes.target("/user/ann?a=%41", ""),
            "/" + hidden("user") + "/" + hidden("ann") + "?a=" + hidden("A"));
  EXPECT_EQ(json(hashes, R"({"a":"x"})"), R"({"a":")" + hidden("x") + "\"}");
  EXPECT_EQ(body(hashes, "text/plain", "a\n\nb").text, hidden("a") + "\n\n" + hidden("b"));
}

TEST(RedactedBody, of_what_cannot_be_read_is_length_and_digest) {
  const Redactor r = redactor({{Place::path, "$.a"}});
  const std::string text = R"({"a":"1","b":"2"})";
  const auto unreadable = [&](const RedactedBody& out, size_t length) {
    EXPECT_FALSE(out.readable);
    EXPECT_EQ(out.text, "");
    EXPECT_EQ(out.length, length);
    EXPECT_EQ(out.digest.size(), 25u);
  };
  unreadable(body(r, "application/json", "{\"a\":\"1"), 7);
  unreadable(body(r, "image/png", text), text.size());
  unreadable(body(r, "application/json", text, {.encoding = "compress"}), text.size());
  unreadable(body(r, "application/json", text, {.encoding = "gzip"}), text.size());
  unreadable(body(r, "application/json", text, {.capture = 10}), text.size());
  unreadable(body(r, "text/event-stream", "data: " + text), text.size() + 6);
  unreadable(body(r, "text/plain", "{\"a\":\"1"), 7);
  unreadable(body(redactor({{Place::path, "$[0]"}}), "text/plain", "[\"secret\""), 9);
  unreadable(body(redactor({{Place::path, "body"}}), "text/plain", "x"), 1);
  unreadable(body(redactor(), "text/plain", "words and more", {.capture = 5}), 14);
  const std::string cut = testing::gzipped("words and more").substr(0, 25);
  unreadable(body(redactor(), "text/plain", cut, {.encoding = "gzip"}), 25);
  EXPECT_EQ(body(r, "text/plain", text).text, R"({"a":")" + hidden("1") + R"(","b":"2"})");
  const std::string packed = testing::brotlied(text);
  EXPECT_EQ(body(r, "application/json", packed, {.encoding = "br"}).text,
            R"({"a":")" + hidden("1") + R"(","b":"2"})");
  EXPECT_EQ(body(r, "image/png", "x").digest, body(r, "image/png", "x").digest);
  EXPECT_NE(body(r, "image/png", "x").digest, body(r, "image/png", "y").digest);
  EXPECT_TRUE(body(r, "image/png", "").readable);
}

std::string shown(const Redactor& with, std::string_view path, std::string_view text,
                  Settled settled = Settled::tree, Kind kind = Kind::value) {
  Difference difference;
  difference.path = path;
  difference.kind = kind;
  difference.left = text;
  return with.difference(difference, settled, ContentKind::json).left;
}

TEST(Redactor, hides_digests_of_files_that_differ) {
  Difference difference;
  difference.left = "\"00ff\"";
  const auto left = [&](std::string_view path, ContentKind kind) {
    difference.path = path;
    return redactor().difference(difference, Settled::tree, kind).left;
  };
  EXPECT_EQ(left("$.upload.digest", ContentKind::multipart), hidden("00ff"));
  EXPECT_EQ(left("$.{}.digest", ContentKind::multipart), hidden("00ff"));
  EXPECT_EQ(left("$.digest", ContentKind::multipart), difference.left);
  EXPECT_EQ(left("$.upload.filename", ContentKind::multipart), difference.left);
  EXPECT_EQ(left("$.upload.digest", ContentKind::json), difference.left);
}

TEST(Redactor, hides_what_the_differ_shows) {
  const Redactor r = redactor({{Place::path, "$.pets[0].id"}, {Place::header, "x-user"}});
  EXPECT_EQ(shown(r, "$.pets[*].id", "\"a\\u0041\""), hidden("aA"));
  EXPECT_EQ(shown(r, "$.pets[*].id", "1.0"), key().stand_in("1e0", RedactionKey::Of::number));
  EXPECT_EQ(shown(r, "$.pets[*].name", "\"rex\""), "\"rex\"");
  EXPECT_EQ(shown(r, "$.pets", R"([{"id":1}])"), hidden(R"([{"id":1}])"));
  EXPECT_EQ(shown(r, "$.login.password", "\"p\""), hidden("p"));
  EXPECT_EQ(shown(r, "header:x-user", "ann"), hidden("ann"));
  EXPECT_EQ(shown(r, "trailer:x-other", "ann"), "ann");
  EXPECT_EQ(shown(r, "header:location", "/a?token=1"), "/a?token=" + hidden("1"));
  EXPECT_EQ(shown(r, "cookie:sid", "v"), hidden("v"));
  EXPECT_EQ(shown(r, "status", "200"), "200");
  EXPECT_EQ(shown(r, "outcome", "timeout"), "timeout");
  const Redactor expressions = redactor({{Place::regex, "key-[0-9]{6}"}});
  EXPECT_EQ(shown(expressions, "$.a", "\"key-123456\""), "\"" + hidden("key-123456") + "\"");
  EXPECT_EQ(shown(expressions, "$.a", "\"key-123\xe2\x80\xa6"), hidden("\"key-123\xe2\x80\xa6"));
  EXPECT_EQ(shown(redactor({}, RedactionMode::names_only), "$.a", "1"), "redacted");
}

TEST(Redactor, shows_of_bodies_as_a_whole_only_lines_of_text) {
  EXPECT_EQ(shown(redactor(), "body", "line", Settled::text), "line");
  EXPECT_EQ(shown(redactor(), "body", "user=a password=b", Settled::text),
            "user=a password=" + hidden("b"));
  EXPECT_EQ(shown(redactor(), "body", "\"a\": {", Settled::text), hidden("\"a\": {"));
  EXPECT_EQ(shown(redactor(), "body", "3 bytes, digest 00", Settled::digest),
            hidden("3 bytes, digest 00"));
  EXPECT_EQ(shown(redactor({{Place::path, "$.a"}}), "body", "line", Settled::text), hidden("line"));
  EXPECT_EQ(shown(redactor(), "body", "truncated", Settled::digest, Kind::type), "truncated");
}

TEST(Redactor, keeps_exact_places_where_names_are_kept) {
  Difference difference;
  difference.path = "$.users.{}";
  difference.where = "$.users['ann@example.com']";
  EXPECT_EQ(redactor().difference(difference, Settled::tree, ContentKind::json).where,
            difference.where);
  EXPECT_EQ(redactor({}, RedactionMode::hash_values)
                .difference(difference, Settled::tree, ContentKind::json)
                .where,
            "$.users.{}");
  EXPECT_EQ(redactor({{Place::regex, "[a-z]+@[a-z.]+"}})
                .difference(difference, Settled::tree, ContentKind::json)
                .where,
            "$.users['" + hidden("ann@example.com") + "']");
}

// ---- equality stays visible, and nothing else does ------------------------------------------

TEST(Redaction, makes_equal_what_is_equal_and_nothing_else) {
  const Redactor r = redactor({{Place::header, "x"},
                               {Place::query, "x"},
                               {Place::form, "x"},
                               {Place::path, "$..x"},
                               {Place::regex, "<[a-c]*>"}});
  const std::map<std::string, std::function<std::string(const std::string&)>> places = {
      {"header", [&](const auto& v) { return r.header("x", v); }},
      {"authorization", [&](const auto& v) { return r.header("authorization", v); }},
      {"cookie", [&](const auto& v) { return r.header("cookie", "s=" + v); }},
      {"set-cookie", [&](const auto& v) { return r.header("set-cookie", "s=" + v + "; Path=/"); }},
      {"query", [&](const auto& v) { return r.target("/?x=" + v, ""); }},
      {"regex", [&](const auto& v) { return r.header("note", "<" + v + ">"); }},
      {"json", [&](const auto& v) { return json(r, "{\"x\":\"" + v + "\"}"); }},
      {"form",
       [&](const auto& v) { return body(r, "application/x-www-form-urlencoded", "x=" + v).text; }},
      {"xml", [&](const auto& v) { return body(r, "text/xml", "<x>" + v + "</x>").text; }},
      {"binary", [&](const auto& v) { return body(r, "image/png", v + "!").digest; }},
  };
  Rng rng(1);
  const auto any_value = [&] {
    std::string value;
    for (uint32_t left = rng.below(4); left > 0; --left) value.push_back("abc"[rng.below(3)]);
    return value;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::string a = any_value();
    const std::string b = any_value();
    for (const auto& [name, redacted] : places) {
      ASSERT_EQ(redacted(a) == redacted(b), a == b) << name << ": " << a << " and " << b;
    }
  }
}

TEST(Redaction, takes_numbers_for_what_they_denote) {
  const Redactor r = redactor({{Place::path, "$"}});
  const std::vector<std::vector<const char*>> classes = {{"0", "-0", "0.000", "0e5"},
                                                         {"1", "1.0", "10e-1", "0.1e+1", "1E0"},
                                                         {"-1", "-1.0"},
                                                         {"10", "1e1"},
                                                         {"0.1", "1e-1"},
                                                         {"12345678901234567890123"},
                                                         {"12345678901234567890124"},
                                                         {"\"1\""},
                                                         {"\"1.0\""},
                                                         {"true"},
                                                         {"\"true\""},
                                                         {"null"},
                                                         {"1e99999999999999999999"}};
  for (size_t i = 0; i < classes.size(); ++i) {
    for (size_t j = 0; j < classes.size(); ++j) {
      for (const char* a : classes[i]) {
        for (const char* b : classes[j])
          EXPECT_EQ(json(r, a) == json(r, b), i == j) << a << " " << b;
      }
    }
  }
}

// ---- the canary -----------------------------------------------------------------------------

// Everything that would be kept of a request and its answer, with the mark wherever one can be.
// `covered`: the places that the rules name; otherwise all of them.
class Canary {
 public:
  explicit Canary(const Redactor& with) : r_(with) {}

  std::string kept_of_secret_places() {
    fields({{"Authorization", "Bearer " + mark()},
            {"Authorization", mark()},
            {"Proxy-Authorization", "Basic " + mark()},
            {"Cookie", "session=" + mark() + "; other=\"" + mark() + "\"; " + mark()},
            {"Set-Cookie", "session=" + mark() + "; Path=/; HttpOnly"},
            {"X-Api-Key", mark()},
            {"X-Secret-Rule", mark()},
            {"X-Many-1", mark()},
            {"Referer", "https://h/p?email=" + mark() + "&x=1"},
            {"Location",
             "https://user:" + mark() + "@h/p?email=" + mark() + "#access_token=" + mark()},
            {"Link", "<https://h/p?email=" + mark() + ">; rel=next"},
            {"X-Free", "before sk_" + mark() + " after"}});
    keep(r_.target("/p/sk_" + mark() + ";jsessionid=" + mark() + "?email=" + mark() +
                       "&token=" + mark() + "&free=sk_" + mark() + "&enc=sk%5F" + mark(),
                   "GET /p/{}"));
    const std::string tree = R"({"owner":{"email":")" + mark() + R"("},"list":[{"ssn":")" + mark() +
                             R"("}],"password":{"deep":[")" + mark() + R"("]},"free":"sk_)" +
                             mark() + R"(","sk_)" + mark() + R"(":1,"url":"/x?email=)" + mark() +
                             R"("})";
    bodies("application/json", tree);
    bodies("application/problem+json", tree);
    bodies("", tree);
    bodies("text/plain", tree);
    bodies("text/event-stream", "data: " + tree + "\n\n");
    bodies("application/x-ndjson",
           R"({"ssn":")" + mark() + "\"}\n" + R"({"password":")" + mark() + "\"}\n");
    bodies("text/xml",
           "<a token=\"" + mark() + "\"><ssn>" + mark() + "</ssn>sk_" + mark() + "</a>");
    bodies("text/html",
           "<p title=\"sk_" + mark() + "\">sk_" + mark() + "<input password=" + mark() + ">");
    bodies("application/x-www-form-urlencoded",
           "pin=" + mark() + "&password=" + mark() + "&ssn=" + mark() + "&q=sk_" + mark());
    bodies("multipart/form-data; boundary=B",
           "--B\r\nContent-Disposition: form-data; name=\"pin\"\r\n\r\n" + mark() +
               "\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"sk_" + mark() +
               "\"\r\n\r\n" + mark() + "\r\n--B--\r\n");
    bodies("text/plain", "log line sk_" + mark() + "\n");
    const std::string pet =
        testing::bytes_field(1, mark()) + testing::bytes_field(2, "sk_" + mark());
    bodies("application/grpc", testing::grpc_frame(pet));
    bodies("application/grpc",
           testing::grpc_frame(testing::gzipped(testing::bytes_field(1, mark())), true));
    return std::move(kept_);
  }

  std::string kept_of_all_places() {
    fields({{"Accept", mark()}, {"Set-Cookie", "a=b; Path=/" + mark()}, {"grpc-message", mark()}});
    keep(r_.target("/" + mark() + "/a;" + mark() + "?" + mark() + "&a=" + mark(), "GET /{}/a"));
    bodies("application/json", R"({"a":[")" + mark() + R"(",{"b":")" + mark() + "\"}]}");
    bodies("text/plain", mark());
    bodies("text/html", "<p title=" + mark() + ">" + mark() + "<!-- " + mark() + "--></p>");
    bodies("application/grpc", testing::grpc_frame(testing::bytes_field(9, mark())));
    return std::move(kept_);
  }

 private:
  // Of its own for each place, so that a finding names it.
  std::string mark() { return "CANARY" + std::to_string(++marks_) + "X"; }
  void keep(std::string_view text) { kept_.append(text).append("\n"); }

  void fields(const std::vector<std::pair<std::string, std::string>>& pairs) {
    Headers headers;
    for (const auto& [name, value] : pairs) headers.add(name, value);
    for (const Field& field : r_.headers(headers)) {
      keep(field.name);
      keep(field.value);
    }
  }

  // As it is, packed, cut short and under a wrong name.
  void bodies(std::string_view type, const std::string& bytes) {
    const auto schema = ProtoSchema::load(testing::pet_shop());
    const GrpcContext grpc{.encoding = "gzip", .path = "/shop.Pets/Get", .schema = schema->get()};
    keep(body(r_, type, bytes, {.grpc = grpc}).text);
    keep(body(r_, type, testing::gzipped(bytes), {.encoding = "gzip", .grpc = grpc}).text);
    keep(body(r_, type, bytes.substr(0, bytes.size() - 2), {.grpc = {.encoding = "gzip"}}).text);
    keep(body(r_, type, bytes, {.encoding = "br"}).text);
    keep(body(r_, type, bytes, {.capture = 10}).text);
    keep(body(r_, "application/octet-stream", bytes).text);
  }

  const Redactor& r_;
  std::string kept_;
  int marks_ = 0;
};

std::string first_canary(std::string_view kept) {
  const size_t at = kept.find("CANARY");
  return at == std::string_view::npos
             ? ""
             : std::string(kept.substr(at - std::min<size_t>(at, 60), 120));
}

TEST(Redaction, lets_no_canary_through_where_a_rule_or_a_name_stands_before_it) {
  const Redactor r = redactor({{Place::header, "X-Secret-Rule"},
                               {Place::header, "x-many-*"},
                               {Place::query, "email"},
                               {Place::path, "$.owner.email"},
                               {Place::path, "$..ssn"},
                               {Place::path, "$[*].name"},
                               {Place::path, "$[*].1"},
                               {Place::path, "$[*].friends[*]"},
                               {Place::form, "pin"},
                               {Place::regex, "sk_[A-Z0-9]+"}});
  const std::string kept = Canary(r).kept_of_secret_places();
  EXPECT_GT(kept.size(), 4000u);
  EXPECT_EQ(first_canary(kept), "");
}

TEST(Redaction, lets_no_canary_through_where_values_are_not_kept) {
  for (const RedactionMode mode : {RedactionMode::hash_values, RedactionMode::names_only}) {
    const Redactor r = redactor({}, mode);
    EXPECT_EQ(first_canary(Canary(r).kept_of_all_places()), "");
  }
}

}  // namespace
}  // namespace gnomon::compare
