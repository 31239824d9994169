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

}  // namespace
}  // namespace gnomon::trial
