// Messages and descriptions of messages, written by hand, for tests.
#pragma once

#include <google/protobuf/descriptor.pb.h>

#include <string>
#include <string_view>

namespace gnomon::compare::testing {

inline std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
  out.push_back(static_cast<char>(value));
  return out;
}
inline std::string number_field(uint32_t number, uint64_t value) {
  return varint(number << 3U) + varint(value);
}
inline std::string bytes_field(uint32_t number, std::string_view bytes) {
  return varint(number << 3U | 2U) + varint(bytes.size()) + std::string(bytes);
}

inline std::string grpc_frame(std::string_view message, bool compressed = false) {
  std::string out(1, compressed ? '\1' : '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((message.size() >> static_cast<unsigned>(shift)) & 0xffU));
  }
  return out.append(message);
}

// package shop; message Pet { string name = 1; repeated Pet friends = 2; map<string, int32> marks =
// 3; bytes photo = 4; double weight = 5; Kind kind = 6; google.protobuf.Any extra = 7; bool old =
// 8; } enum Kind { CAT = 0; DOG = 1; } service Pets { rpc Get(Pet) returns (Pet); }
inline std::string pet_shop() {
  namespace pb = google::protobuf;
  pb::FileDescriptorSet set;
  pb::FileDescriptorProto& file = *set.add_file();
  file.set_name("shop.proto");
  file.set_package("shop");
  file.set_syntax("proto3");
  file.add_dependency("google/protobuf/any.proto");
  pb::DescriptorProto& pet = *file.add_message_type();
  pet.set_name("Pet");
  using Field = pb::FieldDescriptorProto;
  const auto field = [&](const char* name, int number, Field::Type type, const char* type_name = "",
                         Field::Label label = Field::LABEL_OPTIONAL) {
    Field& added = *pet.add_field();
    added.set_name(name);
    added.set_number(number);
    added.set_type(type);
    added.set_label(label);
    if (*type_name != 0) added.set_type_name(type_name);
  };
  field("name", 1, Field::TYPE_STRING);
  field("friends", 2, Field::TYPE_MESSAGE, ".shop.Pet", Field::LABEL_REPEATED);
  field("marks", 3, Field::TYPE_MESSAGE, ".shop.Pet.MarksEntry", Field::LABEL_REPEATED);
  field("photo", 4, Field::TYPE_BYTES);
  field("weight", 5, Field::TYPE_DOUBLE);
  field("kind", 6, Field::TYPE_ENUM, ".shop.Kind");
  field("extra", 7, Field::TYPE_MESSAGE, ".google.protobuf.Any");
  field("old", 8, Field::TYPE_BOOL);
  pb::DescriptorProto& entry = *pet.add_nested_type();
  entry.set_name("MarksEntry");
  entry.mutable_options()->set_map_entry(true);
  for (int number = 1; number <= 2; ++number) {
    Field& part = *entry.add_field();
    part.set_name(number == 1 ? "key" : "value");
    part.set_number(number);
    part.set_type(number == 1 ? Field::TYPE_STRING : Field::TYPE_INT32);
    part.set_label(Field::LABEL_OPTIONAL);
  }
  pb::EnumDescriptorProto& kind = *file.add_enum_type();
  kind.set_name("Kind");
  for (const char* name : {"CAT", "DOG"}) {
    pb::EnumValueDescriptorProto& value = *kind.add_value();
    value.set_name(name);
    value.set_number(kind.value_size() - 1);
  }
  pb::ServiceDescriptorProto& service = *file.add_service();
  service.set_name("Pets");
  pb::MethodDescriptorProto& get = *service.add_method();
  get.set_name("Get");
  get.set_input_type(".shop.Pet");
  get.set_output_type(".shop.Pet");
  return set.SerializeAsString();
}

// The same, and message Query { string word = 1; } rpc Find(Query) returns (Pet);
inline std::string shop_with_search() {
  namespace pb = google::protobuf;
  pb::FileDescriptorSet set;
  set.ParseFromString(pet_shop());
  pb::FileDescriptorProto& file = *set.mutable_file(0);
  pb::DescriptorProto& query = *file.add_message_type();
  query.set_name("Query");
  pb::FieldDescriptorProto& word = *query.add_field();
  word.set_name("word");
  word.set_number(1);
  word.set_type(pb::FieldDescriptorProto::TYPE_STRING);
  word.set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
  pb::MethodDescriptorProto& find = *file.mutable_service(0)->add_method();
  find.set_name("Find");
  find.set_input_type(".shop.Query");
  find.set_output_type(".shop.Pet");
  return set.SerializeAsString();
}

}  // namespace gnomon::compare::testing
