#include "cli/answer_json.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cli/sample_text.h"
#include "cli/verdict_text.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(AnswerJson, takes_what_is_absent_or_null_for_nothing) {
  for (const char* const text : {"{}", R"({"a":null})", "null"}) {
    const Json object = Json::parse(text);
    EXPECT_EQ(read_text(object, "a"), "");
    EXPECT_EQ(read_count(object, "a"), 0u);
    EXPECT_EQ(read_number(object, "a"), 0);
    EXPECT_FALSE(read_flag(object, "a"));
    EXPECT_TRUE(read_list(object, "a").is_array());
    EXPECT_TRUE(read_object(object, "a").is_object());
    EXPECT_TRUE(read_member(object, "a").is_null());
  }
}

TEST(AnswerJson, reads_what_is_there) {
  const Json object = Json::parse(R"({"t":"x","n":7,"d":0.5,"f":true,"l":[1],"o":{"p":2}})");
  EXPECT_EQ(read_text(object, "t"), "x");
  EXPECT_EQ(read_count(object, "n"), 7u);
  EXPECT_EQ(read_number(object, "d"), 0.5);
  EXPECT_TRUE(read_flag(object, "f"));
  EXPECT_EQ(read_list(object, "l").size(), 1u);
  EXPECT_EQ(read_count(read_object(object, "o"), "p"), 2u);
}

TEST(AnswerJson, refuses_what_is_of_another_type) {
  const Json object = Json::parse(R"({"t":"x","n":-7,"d":1e300,"l":[1]})");
  EXPECT_THROW(read_text(object, "n"), Unreadable);
  EXPECT_THROW(read_count(object, "n"), Unreadable);
  EXPECT_THROW(read_count(object, "d"), Unreadable);
  EXPECT_THROW(read_number(object, "t"), Unreadable);
  EXPECT_THROW(read_flag(object, "t"), Unreadable);
  EXPECT_THROW(read_list(object, "t"), Unreadable);
  EXPECT_THROW(read_object(object, "l"), Unreadable);
  EXPECT_THROW(read_member(object.at("l"), "t"), Unreadable);
}

constexpr const char* kVerdict = R"json({
  "test": "ns.trial", "ruling": "FAIL", "reason": "It differs.", "change": "Nothing.",
  "elapsedSeconds": 1.5, "kept": true, "notKeptBecause": "no room",
  "epoch": {"number": 2, "candidate": "sha256:1", "version": "two"},
  "coverage": {"seen": 9, "compared": 8, "share": 0.9, "excluded": {"rate": 1},
               "differentRequests": 5, "busiestClientShare": 0.5},
  "checks": [{"check": "mismatch", "enabled": true, "proven": true, "pairs": 8,
              "counts": {"candidateOnly": 8, "controlOnly": 0}, "logEvidenceFail": 5.5}],
  "fields": [{"endpoint": "GET /a", "path": "$.a", "kind": "value", "count": 8, "noise": 0,
              "logEvidence": 5.5, "proven": true}],
  "endpoints": [{"endpoint": "GET /a", "sampled": 9, "compared": 8,
                 "failed": {"candidate": 1, "live": 0, "control": 0}}],
  "rules": [{"path": "$.b", "selected": 0, "excused": 0}],
  "limits": {"bodyCapture": {"count": 1, "share": 0.1, "control": 1}}})json";

constexpr const char* kSample = R"json({
  "endpoint": "GET /a",
  "request": {"method": "GET", "authority": "a.test", "path": "/a", "headers": [["x-a", "1"]],
              "bodyLength": 12},
  "live": {"status": 200, "headers": [["x-b", "1"]], "trailers": [["x-c", "1"]],
           "body": {"kind": "json", "length": 7, "digest": "00", "text": "{\"a\":1}"}},
  "candidate": {"outcome": "timeout"},
  "differences": {"list": [{"path": "outcome", "kind": "timeout", "live": "a", "other": "b"}],
                  "limits": ["depth"]}})json";

// All places of a document, the whole of it first.
void add_places(const Json& value, const Json::json_pointer& at,
                std::vector<Json::json_pointer>& out) {
  out.push_back(at);
  size_t index = 0;
  if (value.is_array()) {
    for (const Json& below : value) add_places(below, at / index++, out);
  } else if (value.is_object()) {
    for (const auto& [name, below] : value.items()) add_places(below, at / name, out);
  }
}

// Whatever stands in place of any part, the texts are made or it is Unreadable.
void try_everything(const char* document, const std::function<void(const Json&)>& make) {
  const Json good = Json::parse(document);
  EXPECT_NO_THROW(make(good));
  std::vector<Json::json_pointer> places;
  add_places(good, Json::json_pointer(), places);
  EXPECT_GE(places.size(), 25u);
  for (const Json::json_pointer& place : places) {
    for (const char* const other :
         {"null", "true", "\"x\"", "-1", "1e300", "7", "[]", "{}", "[null]", R"({"x":null})"}) {
      Json changed = good;
      changed[place] = Json::parse(other);
      try {
        make(changed);
      } catch (const Unreadable&) {
        // A member may be null; a header's name may not.
        EXPECT_TRUE(other != std::string("null") || place.back() == "0") << place.to_string();
      }
    }
  }
}

TEST(AnswerJson, a_verdict_of_whatever_kind_is_shown_or_unreadable) {
  try_everything(kVerdict, [](const Json& verdict) {
    EXPECT_FALSE(verdict_text(verdict).empty());
    EXPECT_FALSE(verdict_markdown(verdict).empty());
    EXPECT_FALSE(verdict_junit(verdict).empty());
  });
}

TEST(AnswerJson, a_sample_of_whatever_kind_is_shown_or_unreadable) {
  try_everything(kSample, [](const Json& sample) {
    EXPECT_FALSE(sample_text(sample, false).empty());
    EXPECT_FALSE(sample_curl(sample).empty());
  });
}

TEST(AnswerJson, a_body_that_nests_without_end_is_shown_as_it_stands) {
  Json sample = Json::parse(kSample);
  sample["live"]["body"]["text"] = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_NE(sample_text(sample, false).find("[[[[["), std::string::npos);
}

}  // namespace
}  // namespace gnomon::cli
