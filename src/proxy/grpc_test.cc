#include "proxy/grpc.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

Headers of_type(std::string_view type) {
  Headers headers;
  headers.add("content-type", type);
  return headers;
}

TEST(Grpc, calls_are_known_by_their_type) {
  EXPECT_TRUE(is_grpc(of_type("application/grpc")));
  EXPECT_TRUE(is_grpc(of_type("application/grpc+proto")));
  EXPECT_FALSE(is_grpc(of_type("application/grpc-web")));
  EXPECT_FALSE(is_grpc(of_type("application/json")));
  EXPECT_FALSE(is_grpc(Headers()));
}

TEST(Grpc, an_answer_has_its_status_in_a_field) {
  ResponseHead head;
  head.status = 503;
  make_grpc_answer(head, "no host, 100% sure\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("content-type"), "application/grpc");
  EXPECT_EQ(grpc_status(head.headers), 14U);
  EXPECT_EQ(head.headers.get("grpc-message"), "no host, 100%25 sure%0A");
}

TEST(Grpc, a_status_that_is_no_number_is_none) {
  Headers headers;
  EXPECT_FALSE(grpc_status(headers).has_value());
  headers.add("grpc-status", "5x");
  EXPECT_FALSE(grpc_status(headers).has_value());
}

}  // namespace
}  // namespace gnomon::proxy
