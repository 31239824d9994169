#include "proxy/grpc_health.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

using namespace std::string_literals;

TEST(GrpcHealth, asks_for_the_server_or_for_a_service) {
  EXPECT_EQ(make_health_question(""), "\0\0\0\0\0"s);
  EXPECT_EQ(make_health_question("shop.Cart"), "\0\0\0\0\x0b\x0a\x09shop.Cart"s);
  const std::string name(200, 'n');
  EXPECT_EQ(make_health_question(name), "\0\0\0\0\xcb\x0a\xc8\x01"s + name);
}

TEST(GrpcHealth, only_serving_is_well) {
  EXPECT_TRUE(says_serving("\0\0\0\0\x02\x08\x01"s));
  EXPECT_FALSE(says_serving("\0\0\0\0\x02\x08\x00"s));  // UNKNOWN
  EXPECT_FALSE(says_serving("\0\0\0\0\x00"s));          // the same, left out
  EXPECT_FALSE(says_serving("\0\0\0\0\x02\x08\x02"s));  // NOT_SERVING
  EXPECT_FALSE(says_serving("\0\0\0\0\x02\x08\x03"s));  // SERVICE_UNKNOWN
}

TEST(GrpcHealth, passes_over_what_it_does_not_know) {
  const std::string others = "\x12\x01x"s + "\x1d\x01\x02\x03\x04"s +
                             "\x21\x01\x02\x03\x04\x05\x06\x07\x08"s + "\x28\x80\x01"s;
  EXPECT_TRUE(says_serving("\0\0\0\0\x16"s + others + "\x08\x01"s));
  EXPECT_TRUE(says_serving("\0\0\0\0\x04\x08\x02\x08\x01"s));  // the last counts
}

TEST(GrpcHealth, what_is_no_single_whole_message_is_unwell) {
  const std::string good = "\0\0\0\0\x02\x08\x01"s;
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(says_serving(good.substr(0, cut))) << cut;
  }
  EXPECT_FALSE(says_serving(good + good));
  EXPECT_FALSE(says_serving("\x01\0\0\0\x02\x08\x01"s));  // compressed
  EXPECT_FALSE(says_serving("\xff\xff\xff\xff\xff\x08\x01"s));
  EXPECT_FALSE(says_serving("\0\0\0\0\x02\x00\x01"s));          // field 0
  EXPECT_FALSE(says_serving("\0\0\0\0\x04\x08\x01\x12\x09"s));  // longer than there is
  EXPECT_FALSE(says_serving("\0\0\0\0\x03\x08\x01\x13"s));      // a group
  EXPECT_FALSE(says_serving("\0\0\0\0\x0d\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s));
}

}  // namespace
}  // namespace gnomon::proxy
