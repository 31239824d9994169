#include "trial/observation.h"

#include <gtest/gtest.h>

namespace gnomon::trial {
namespace {

using verdict::AnswerClass;

verdict::AnswerClass class_of(std::string_view type, std::vector<std::string_view> body,
                              Method method = Method::get) {
  RequestHead request;
  request.method = method;
  compare::Answer answer;
  answer.status = 200;
  answer.headers.add("content-type", type);
  for (const std::string_view chunk : body) answer.body.append(Chunk::copy_of(chunk));
  return answer_class(request, answer);
}

using namespace std::string_view_literals;

TEST(AnswerClass, IsThatOfWhatEndsInTheSameWay) {
  EXPECT_EQ(class_of("application/json", {"{}"}), AnswerClass::full);
  EXPECT_EQ(class_of("application/json", {}, Method::head), AnswerClass::bare);
  EXPECT_EQ(class_of("text/event-stream", {"data: 1\n\n"}), AnswerClass::stream);
}

TEST(AnswerClass, OfACallOfGrpcWithOneMessageIsThatOfAnAnswer) {
  EXPECT_EQ(class_of("application/grpc", {"\0\0\0"sv, "\0\2ab"sv}), AnswerClass::full);
  EXPECT_EQ(class_of("application/grpc+proto", {}), AnswerClass::full);  // trailers alone
  EXPECT_EQ(class_of("application/grpc", {"\0\0\0\0\2ab\0\0\0\0\0"sv}), AnswerClass::stream);
  EXPECT_EQ(class_of("application/grpc", {"\0\0"sv}), AnswerClass::stream);
}

TEST(AnswerClass, of_an_answer_without_a_body_is_bare) {
  RequestHead request;
  compare::Answer answer;
  for (const uint16_t status : {204, 304}) {
    answer.status = status;
    EXPECT_EQ(answer_class(request, answer), AnswerClass::bare);
  }
}

TEST(LegResult, tells_a_failure_of_the_service_from_an_answer) {
  struct Case {
    compare::Outcome outcome;
    uint16_t status;
    std::string_view grpc_status;
    bool in_trailers;
    bool ok;
    const char* name;
  };
  using enum compare::Outcome;
  const Case cases[] = {
      {answered, 200, "", false, true, "answered"},
      {answered, 499, "", false, true, "answered"},
      {answered, 500, "", false, false, "5xx"},
      {answered, 200, "14", true, false, "grpc_failure"},
      {answered, 200, "14", false, false, "grpc_failure"},
      {answered, 200, "2", true, false, "grpc_failure"},
      {answered, 200, "4", true, false, "grpc_failure"},
      {answered, 200, "13", true, false, "grpc_failure"},
      {answered, 200, "15", true, false, "grpc_failure"},
      {answered, 200, "5", true, true, "answered"},
      {answered, 200, "0", true, true, "answered"},
      {timed_out, 0, "", false, false, "timeout"},
      {cut, 0, "", false, false, "cut"},
      {error, 0, "", false, false, "connect_failed"},
  };
  for (const Case& each : cases) {
    compare::Answer answer;
    answer.outcome = each.outcome;
    answer.status = each.status;
    answer.error = Errc::connect_failed;
    if (!each.grpc_status.empty()) {
      answer.headers.add("content-type", "application/grpc");
      (each.in_trailers ? answer.trailers : answer.headers).add("grpc-status", each.grpc_status);
    }
    const verdict::LegResult result = leg_result(answer);
    EXPECT_EQ(result.ok, each.ok) << each.name << each.grpc_status;
    EXPECT_EQ(result.outcome, each.name);
  }
}

TEST(LegResult, of_a_first_attempt_is_what_it_would_be_of_an_answer) {
  using compare::Outcome;
  struct Case {
    shadow::FirstAttempt attempt;
    std::string_view outcome;
    bool ok;
  };
  const Case cases[] = {
      {{.status = 503}, "5xx", false},
      {{.status = 409}, "answered", true},
      {{.status = 200, .grpc_status = 14}, "grpc_failure", false},
      {{.status = 200, .grpc_status = 8}, "answered", true},
      {{.outcome = Outcome::error, .error = Errc::connect_failed}, "connect_failed", false},
      {{.outcome = Outcome::timed_out}, "timeout", false},
  };
  for (const Case& each : cases) {
    const verdict::LegResult result = leg_result(each.attempt);
    EXPECT_EQ(result.outcome, each.outcome);
    EXPECT_EQ(result.ok, each.ok) << each.outcome;
  }
}

TEST(AddSightings, tells_that_some_differences_are_not_listed) {
  const compare::Redactor redactor(
      *compare::RedactionPolicy::compile({}, compare::RedactionMode::rules),
      compare::RedactionKey({}));
  compare::Result result;
  std::vector<verdict::Sighting> seen;
  add_sightings("GET /", result, shadow::Leg::candidate, redactor, seen);
  EXPECT_TRUE(seen.empty());
  result.left_out = 1;
  add_sightings("GET /", result, shadow::Leg::control, redactor, seen);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].key.path, kUnlisted);
  EXPECT_TRUE(seen[0].control);
  EXPECT_FALSE(seen[0].candidate);
}

TEST(RequestHash, tells_requests_apart_by_what_they_ask_for) {
  const auto of = [](std::string_view method, std::string_view host, std::string_view path) {
    RequestHead head;
    head.method_name = method;
    head.authority = host;
    head.path = path;
    return request_hash(head);
  };
  EXPECT_EQ(of("GET", "pets.example", "/pets?a=1"), of("GET", "pets.example", "/pets?a=1"));
  EXPECT_NE(of("GET", "pets.example", "/pets?a=1"), of("PUT", "pets.example", "/pets?a=1"));
  EXPECT_NE(of("GET", "pets.example", "/pets?a=1"), of("GET", "shop.example", "/pets?a=1"));
  EXPECT_NE(of("GET", "pets.example", "/pets?a=1"), of("GET", "pets.example", "/pets?a=2"));
  EXPECT_NE(of("GET", "a", "b/pets"), of("GET", "ab", "/pets"));
}

}  // namespace
}  // namespace gnomon::trial
