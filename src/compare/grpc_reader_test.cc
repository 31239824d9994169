#include "compare/grpc_reader.h"

#include <gtest/gtest.h>

#include "compare/coding_testing.h"
#include "compare/proto_testing.h"
#include "compare/tree_testing.h"

namespace gnomon::compare {
namespace {

using testing::bytes_field;
using testing::grpc_frame;
using testing::number_field;
using testing::varint;

std::string read(std::string_view body, const GrpcContext& context = {},
                 ReadStatus expected = ReadStatus::ok) {
  Document document;
  EXPECT_EQ(read_grpc(body, context, {}, document), expected);
  return expected == ReadStatus::ok ? testing::json_of(document) : "";
}

TEST(GrpcReader, reads_fields_by_number) {
  const std::string inner = number_field(1, 7) + bytes_field(2, "x");
  const std::string message = number_field(1, 300) + bytes_field(2, "text") +
                              bytes_field(3, inner) + bytes_field(2, "again") +
                              bytes_field(4, std::string("\0\xff", 2)) + bytes_field(5, "") +
                              varint(6U << 3U | 5U) + std::string("\1\0\0\0", 4) +
                              varint(7U << 3U | 1U) + std::string("\2\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(
      read(grpc_frame(message) + grpc_frame("")),
      R"([{"1":300,"2":"text","3":{"1":7,"2":"x"},"2":"again","4":"00ff","5":"","6":1,"7":2},{}])");
  EXPECT_EQ(read(""), "[]");
}

TEST(GrpcReader, tells_text_from_messages) {
  EXPECT_EQ(read(grpc_frame(bytes_field(1, "A12345678"))), R"([{"1":"A12345678"}])");
  const std::string thirty_two(32, 'x');
  EXPECT_EQ(read(grpc_frame(bytes_field(1, bytes_field(1, thirty_two)))),
            R"([{"1":{"1":")" + thirty_two + "\"}}]");
}

TEST(GrpcReader, reads_groups) {
  const std::string group = varint(1U << 3U | 3U) + number_field(2, 5) + varint(1U << 3U | 4U);
  EXPECT_EQ(read(grpc_frame(group)), R"([{"1":{"2":5}}])");
  const std::string wrong_end = varint(1U << 3U | 3U) + varint(2U << 3U | 4U);
  read(grpc_frame(wrong_end), {}, ReadStatus::invalid);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep.append(varint(1U << 3U | 3U));
  read(grpc_frame(deep), {}, ReadStatus::invalid);
}

TEST(GrpcReader, stops_descending_where_messages_have_no_end) {
  std::string nested = number_field(1, 1);
  for (int i = 0; i < 60; ++i) nested = bytes_field(1, nested);
  EXPECT_NE(read(grpc_frame(nested)), "");
}

TEST(GrpcReader, refuses_what_is_cut_or_no_message) {
  const std::string whole = grpc_frame(bytes_field(1, "text"));
  for (size_t size = 1; size < whole.size(); ++size) {
    read(whole.substr(0, size), {}, ReadStatus::invalid);
  }
  read(grpc_frame("\xff\xff"), {}, ReadStatus::invalid);
  read(std::string("\2\0\0\0\0", 5), {}, ReadStatus::invalid);
}

TEST(GrpcReader, decompresses_messages) {
  const std::string packed = grpc_frame(testing::gzipped(bytes_field(1, "text")), true);
  EXPECT_EQ(read(packed + grpc_frame(number_field(1, 2)), {.encoding = "gzip"}),
            R"([{"1":"text"},{"1":2}])");
  read(packed, {.encoding = "identity"}, ReadStatus::invalid);
  read(packed, {.encoding = "snappy"}, ReadStatus::invalid);
  Document document;
  GrpcContext context{.encoding = "gzip"};
  context.decoding.output_bytes = 3;
  EXPECT_EQ(read_grpc(packed, context, {}, document), ReadStatus::limit);
  EXPECT_TRUE(document.limits().has(Limit::decompression));
}

TEST(GrpcReader, names_fields_by_a_schema) {
  const auto schema = ProtoSchema::load(testing::pet_shop());
  ASSERT_TRUE(schema.has_value()) << schema.error();
  const GrpcContext context{.path = "/shop.Pets/Get", .schema = schema->get()};
  const std::string packed =
      bytes_field(1, "type.googleapis.com/shop.Pet") + bytes_field(2, bytes_field(1, "Max"));
  const std::string weight = varint(5U << 3U | 1U) + std::string("\0\0\0\0\0\0\xf8\x3f", 8);
  const std::string pet = bytes_field(1, "Rex") + bytes_field(2, bytes_field(1, "Tom")) +
                          bytes_field(3, bytes_field(1, "a") + number_field(2, 5)) +
                          bytes_field(4, "\xff") + weight + number_field(6, 1) +
                          bytes_field(7, packed) + number_field(8, 1) + number_field(99, 3);
  EXPECT_EQ(
      read(grpc_frame(pet), context),
      R"([{"name":"Rex","friends":[{"name":"Tom"}],"marks":{"a":5},"photo":"ff","weight":1.5,)"
      R"("kind":"DOG","extra":{"@type":"type.googleapis.com/shop.Pet","name":"Max"},)"
      R"("old":true,"99":3}])");
  EXPECT_EQ(read(grpc_frame(pet.substr(0, 5)), {.path = "/shop.Pets/Put", .schema = schema->get()}),
            R"([{"1":"Rex"}])");
  read(grpc_frame(number_field(1, 7) + "\xff"), context, ReadStatus::invalid);
}

// Half a million messages in two bytes each.
TEST(GrpcReader, parses_no_more_than_fits_into_memory) {
  const auto schema = ProtoSchema::load(testing::pet_shop());
  ASSERT_TRUE(schema.has_value()) << schema.error();
  const GrpcContext context{.path = "/shop.Pets/Get", .schema = schema->get()};
  std::string friends;
  for (int i = 0; i < 500'000; ++i) friends += bytes_field(2, "");
  Document document;
  EXPECT_EQ(read_grpc(grpc_frame(friends), context, {}, document), ReadStatus::limit);
  EXPECT_TRUE(document.limits().has(Limit::nodes));
  EXPECT_EQ(read_grpc(grpc_frame(friends.substr(0, 200'000)), context, {}, document),
            ReadStatus::ok);
  // Nor do messages within an Any beside what holds them.
  const std::string many = friends.substr(0, 160'000);
  const std::string any = bytes_field(1, "type.googleapis.com/shop.Pet") + bytes_field(2, many);
  EXPECT_EQ(read_grpc(grpc_frame(many), context, {}, document), ReadStatus::ok);
  EXPECT_EQ(read_grpc(grpc_frame(bytes_field(7, any)), context, {}, document), ReadStatus::ok);
  EXPECT_EQ(read_grpc(grpc_frame(many + bytes_field(7, any)), context, {}, document),
            ReadStatus::limit);
}

// A reader cannot tell them apart either.
TEST(GrpcReader, takes_a_default_for_unset_where_presence_is_implicit) {
  const auto schema = ProtoSchema::load(testing::pet_shop());
  ASSERT_TRUE(schema.has_value()) << schema.error();
  const GrpcContext context{.path = "/shop.Pets/Get", .schema = schema->get()};
  const std::string defaults = bytes_field(1, "") + number_field(6, 0) + number_field(8, 0) +
                               varint(5U << 3U | 1U) + std::string(8, '\0');
  EXPECT_EQ(read(grpc_frame(defaults), context), "[{}]");
  EXPECT_EQ(read(grpc_frame(bytes_field(3, bytes_field(1, "a"))), context),
            read(grpc_frame(bytes_field(3, bytes_field(1, "a") + number_field(2, 0))), context));
  // Messages have presence.
  EXPECT_EQ(read(grpc_frame(bytes_field(7, "")), context), R"([{"extra":{}}])");
  EXPECT_EQ(read(grpc_frame(number_field(8, 0))), R"([{"8":0}])");
}

TEST(GrpcReader, tells_a_default_from_unset_where_presence_is_explicit) {
  google::protobuf::FileDescriptorSet set;
  set.ParseFromString(testing::pet_shop());
  for (auto& field : *set.mutable_file(0)->mutable_message_type(0)->mutable_field()) {
    if (field.name() != "old") continue;
    field.set_proto3_optional(true);
    field.set_oneof_index(0);
  }
  set.mutable_file(0)->mutable_message_type(0)->add_oneof_decl()->set_name("_old");
  const auto schema = ProtoSchema::load(set.SerializeAsString());
  ASSERT_TRUE(schema.has_value()) << schema.error();
  const GrpcContext context{.path = "/shop.Pets/Get", .schema = schema->get()};
  EXPECT_EQ(read(grpc_frame(number_field(8, 0)), context), R"([{"old":false}])");
  EXPECT_EQ(read(grpc_frame(""), context), "[{}]");
}

TEST(ProtoSchema, says_what_is_wrong_with_a_description) {
  EXPECT_FALSE(ProtoSchema::load("").has_value());
  EXPECT_FALSE(ProtoSchema::load("no description").has_value());
  google::protobuf::FileDescriptorSet set;
  set.add_file()->set_name("a.proto");
  set.mutable_file(0)->add_dependency("missing.proto");
  const auto loaded = ProtoSchema::load(set.SerializeAsString());
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(loaded.error().find("missing.proto"), std::string::npos) << loaded.error();
}

}  // namespace
}  // namespace gnomon::compare
