#include "trial/sample.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compare/coding_testing.h"
#include "compare/comparer.h"
#include "compare/proto_testing.h"
#include "trial/testing.h"

namespace gnomon::trial {
namespace {

using Json = nlohmann::json;
using shadow::Leg;
using testing::json_answer;
using testing::make_plan;
using testing::make_trio;

// A trio as people see it.
Json shown(const shadow::Trio& trio, const compare::ProtoSchema* schema = nullptr,
           const compare::ComparerLimits& limits = {}) {
  const auto plan = make_plan();
  compare::Comparer comparer(limits);
  const compare::Rules rules;
  compare::RuleHits hits(0);
  const auto compared = [&](Leg leg) {
    compare::Result result;
    comparer.compare(trio.of(Leg::live), trio.of(leg), rules, hits, result,
                     {trio.request.path, schema});
    return result;
  };
  const compare::Redactor redactor(plan->redaction, compare::RedactionKey(testing::kSecret));
  const compare::Result candidate = compared(Leg::candidate);
  if (!trio.has_control)
    return Json::parse(describe(redactor, trio, "GET /a", schema, candidate, nullptr));
  const compare::Result control = compared(Leg::control);
  return Json::parse(describe(redactor, trio, "GET /a", schema, candidate, &control));
}

TEST(Sample, shows_the_request_the_answers_and_what_differs) {
  const auto trio = make_trio(make_plan(), "/a?token=x", R"({"a":1})", R"({"a":2})");
  trio->request.method_name = "GET";
  const Json sample = shown(*trio);
  EXPECT_EQ(sample["endpoint"], "GET /a");
  EXPECT_TRUE(sample["request"]["path"].get<std::string>().starts_with("/a?token=redacted-"));
  EXPECT_EQ(sample["live"]["body"]["text"], R"({"a":1})");
  EXPECT_EQ(sample["candidate"]["body"]["text"], R"({"a":2})");
  EXPECT_FALSE(sample["live"]["body"].contains("cut"));
  ASSERT_EQ(sample["differences"]["list"].size(), 1u);
  EXPECT_EQ(sample["differences"]["list"][0]["path"], "$.a");
  EXPECT_FALSE(sample["differences"].contains("leftOut"));
  EXPECT_FALSE(sample.contains("noise"));
  EXPECT_FALSE(sample.contains("control"));
}

TEST(Sample, tells_how_long_the_body_was_that_it_does_not_keep) {
  const auto trio = make_trio(make_plan(), "/a", R"({"a":1})", R"({"a":2})");
  EXPECT_EQ(shown(*trio)["request"]["bodyLength"], 0);
  trio->request.body = BodyKind::sized;
  trio->request.content_length = 12;
  EXPECT_EQ(shown(*trio)["request"]["bodyLength"], 12);
  trio->request.body = BodyKind::streamed;
  trio->request.content_length = kNoLength;
  const Json request = shown(*trio)["request"];
  EXPECT_TRUE(request.contains("bodyLength") && request["bodyLength"].is_null());
}

TEST(Sample, shows_the_control_and_its_noise) {
  const auto trio = make_trio(make_plan(), "/a", R"({"a":1})", R"({"a":1})");
  trio->has_control = true;
  trio->of(Leg::control) = json_answer(R"({"a":3})");
  const Json sample = shown(*trio);
  EXPECT_EQ(sample["control"]["body"]["text"], R"({"a":3})");
  EXPECT_TRUE(sample["differences"]["list"].empty());
  ASSERT_EQ(sample["noise"]["list"].size(), 1u);
  EXPECT_EQ(sample["noise"]["list"][0]["other"], "3");
}

TEST(Sample, a_leg_without_an_answer_shows_how_it_ended) {
  const auto trio = make_trio(make_plan(), "/a", "{}", "{}");
  trio->of(Leg::candidate).outcome = compare::Outcome::timed_out;
  EXPECT_EQ(shown(*trio)["candidate"], (Json{{"outcome", "timeout"}}));
  trio->of(Leg::candidate).outcome = compare::Outcome::error;
  trio->of(Leg::candidate).error = Errc::connect_failed;
  EXPECT_EQ(shown(*trio)["candidate"], (Json{{"outcome", "connect_failed"}}));
}

TEST(Sample, says_when_a_body_or_a_list_is_not_shown_whole) {
  const std::string large = "{\"a\":\"" + std::string(20'000, 'x') + "\"}";
  EXPECT_EQ(shown(*make_trio(make_plan(), "/a", large, large))["live"]["body"]["cut"], true);
  compare::ComparerLimits limits;
  limits.result.differences = 1;
  const auto trio = make_trio(make_plan(), "/a", R"({"a":1,"b":1})", R"({"a":2,"b":2})");
  EXPECT_EQ(shown(*trio, nullptr, limits)["differences"]["leftOut"], 1);
  EXPECT_EQ(shown(*trio, nullptr, limits)["differences"]["limits"], Json({"differences"}));
  EXPECT_FALSE(shown(*trio)["differences"].contains("limits"));
}

TEST(Sample, reads_grpc_by_its_description_and_compression) {
  const auto schema = compare::ProtoSchema::load(compare::testing::pet_shop());
  ASSERT_TRUE(schema.has_value());
  const auto trio = make_trio(make_plan(), "/shop.Pets/Get", "", "");
  for (const Leg leg : {Leg::live, Leg::candidate}) {
    compare::Answer answer;
    answer.status = 200;
    answer.headers.add("content-type", "application/grpc");
    answer.headers.add("grpc-encoding", "gzip");
    const std::string message = compare::testing::bytes_field(1, "Rex");
    answer.body.append(
        Chunk::copy_of(compare::testing::grpc_frame(compare::testing::gzipped(message), true)));
    trio->of(leg) = std::move(answer);
  }
  EXPECT_EQ(shown(*trio, schema->get())["live"]["body"]["text"], R"([{"name":"Rex"}])");
  EXPECT_EQ(shown(*trio)["live"]["body"]["text"], R"([{"1":"Rex"}])");
}

}  // namespace
}  // namespace gnomon::trial
