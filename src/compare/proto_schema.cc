#include "compare/proto_schema.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wire_format_lite.h>

#include <cmath>
#include <unordered_map>
#include <vector>

#include "compare/wire_reader.h"

namespace gnomon::compare {
namespace {

namespace pb = google::protobuf;

// The library would print what is wrong with a message.
void be_silent() {
  static const bool kDone = (pb::SetLogHandler(nullptr), true);
  (void)kDone;
}

class Problems final : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const pb::Message*,
                ErrorLocation, const std::string& message) override {
    if (first_.empty()) first_ = fmt::format("{}: {}: {}", file, element, message);
  }
  const std::string& first() const noexcept { return first_; }

 private:
  std::string first_;
};

}  // namespace

struct ProtoSchema::Pool {
  // The well-known types need not be in the set.
  pb::DescriptorPool descriptors{pb::DescriptorPool::generated_pool()};
  pb::DynamicMessageFactory messages{&descriptors};

  const pb::MethodDescriptor* method(std::string_view path) const {
    if (!path.starts_with('/')) return nullptr;
    const size_t slash = path.rfind('/');
    if (slash == 0) return nullptr;
    return descriptors.FindMethodByName(
        std::string(path.substr(1, slash - 1)).append(".").append(path.substr(slash + 1)));
  }
};

namespace {

// Whether messages may be parsed, all of them together: a few bytes of one can become an object of
// hundreds, and those within an Any are there while what holds them is.
class ParsedSize {
 public:
  explicit ParsedSize(size_t most) : left_(most) {}

  bool fits(const pb::Descriptor* type, std::string_view bytes) {
    pb::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                static_cast<int>(bytes.size()));
    return message(type, in, kDepthMax);
  }

 private:
  using Wire = pb::internal::WireFormatLite;
  static constexpr int kDepthMax = 100;  // as the parser's
  static constexpr size_t kField = 48;   // and up to so much more than its bytes
  static constexpr size_t kMessage = 64;
  static constexpr size_t kFieldOfMessage = 16;
  static constexpr size_t kMapOfMessage = 256;

  // Up to the end of what is read, or of the group. What cannot be read is for the parser to say.
  bool message(const pb::Descriptor* type, pb::io::CodedInputStream& in, int depth) {
    if (depth == 0) return true;
    if (!take(kMessage + fields_of(type))) return false;
    while (const uint32_t tag = in.ReadTag()) {
      const Wire::WireType wire = Wire::GetTagWireType(tag);
      if (wire == Wire::WIRETYPE_END_GROUP) return true;
      if (!take(kField)) return false;
      const pb::FieldDescriptor* const field =
          type == nullptr ? nullptr : type->FindFieldByNumber(Wire::GetTagFieldNumber(tag));
      const pb::Descriptor* const inner = field == nullptr ? nullptr : field->message_type();
      if (wire == Wire::WIRETYPE_START_GROUP) {
        if (!message(inner, in, depth - 1)) return false;
      } else if (wire == Wire::WIRETYPE_LENGTH_DELIMITED && inner != nullptr) {
        const auto limit = in.ReadLengthAndPushLimit();
        if (!message(inner, in, depth - 1)) return false;
        in.PopLimit(limit);
      } else if (!Wire::SkipField(&in, tag)) {
        return true;
      }
    }
    return true;
  }

  // That a message of the type has room for, whether they are set or not.
  size_t fields_of(const pb::Descriptor* type) {
    if (type == nullptr) return kFieldOfMessage;
    const auto [known, fresh] = fields_of_.try_emplace(type, 0);
    for (int i = 0; fresh && i < type->field_count(); ++i) {
      known->second += type->field(i)->is_map() ? kMapOfMessage : kFieldOfMessage;
    }
    return known->second;
  }

  bool take(size_t bytes) noexcept {
    if (left_ < bytes) return false;
    left_ -= bytes;
    return true;
  }

  size_t left_;
  std::unordered_map<const pb::Descriptor*, size_t> fields_of_;
};

// Hands a message to a builder.
class Walk {
 public:
  Walk(const pb::DescriptorPool& pool, pb::DynamicMessageFactory& messages,
       DocumentBuilder& builder)
      : pool_(pool), messages_(messages), builder_(builder) {}

  bool parse(const pb::Descriptor* type, std::string_view bytes, std::string_view type_url) {
    if (bytes.size() > kMessageMax) return false;
    if (!parsed_.fits(type, bytes)) {
      builder_.refuse(Limit::nodes);
      return false;
    }
    const std::unique_ptr<pb::Message> message(messages_.GetPrototype(type)->New());
    // Presence of required fields is what a comparison may find out.
    if (!message->ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return false;
    }
    return object(*message, type_url);
  }

 private:
  static constexpr size_t kMessageMax = size_t{1} << 30;
  static constexpr size_t kParsedMax = size_t{64} << 20;

  bool object(const pb::Message& message, std::string_view type_url) {
    if (!builder_.begin_object()) return false;
    if (!type_url.empty()) {
      builder_.name("@type");
      if (!builder_.string(builder_.keep(type_url))) return false;
    }
    if (!fields(message)) return false;
    builder_.end();
    return true;
  }

  bool fields(const pb::Message& message) {
    const pb::Reflection& reflection = *message.GetReflection();
    std::vector<const pb::FieldDescriptor*> set;
    reflection.ListFields(message, &set);
    for (const pb::FieldDescriptor* field : set) {
      const std::string& name = field->is_extension() ? field->full_name() : field->name();
      builder_.name(builder_.keep(name));
      const bool good = field->is_map()        ? map(message, *field)
                        : field->is_repeated() ? array(message, *field)
                                               : value(message, *field, kSingle);
      if (!good) return false;
    }
    const pb::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
    std::string bytes;
    return unknown.empty() ||
           (unknown.SerializeToString(&bytes) && add_wire_fields(bytes, builder_));
  }

  bool array(const pb::Message& message, const pb::FieldDescriptor& field) {
    if (!builder_.begin_array()) return false;
    const int size = message.GetReflection()->FieldSize(message, &field);
    for (int i = 0; i < size; ++i) {
      if (!value(message, field, i)) return false;
    }
    builder_.end();
    return true;
  }

  bool map(const pb::Message& message, const pb::FieldDescriptor& field) {
    if (!builder_.begin_object()) return false;
    const pb::FieldDescriptor& key = *field.message_type()->map_key();
    const pb::FieldDescriptor& mapped = *field.message_type()->map_value();
    const int size = message.GetReflection()->FieldSize(message, &field);
    for (int i = 0; i < size; ++i) {
      const pb::Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
      builder_.name(builder_.keep(text_of(entry, key, kSingle)));
      if (!value(entry, mapped, kSingle)) return false;
    }
    builder_.end();
    return true;
  }

  bool value(const pb::Message& message, const pb::FieldDescriptor& field, int index) {
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        return nested(index == kSingle
                          ? message.GetReflection()->GetMessage(message, &field)
                          : message.GetReflection()->GetRepeatedMessage(message, &field, index));
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return builder_.boolean(text_of(message, field, index) == "true");
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return string(message, field, index);
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return builder_.string(builder_.keep(text_of(message, field, index)));
      default:
        return number(text_of(message, field, index));
    }
  }

  // Infinities and "nan" are no numbers of JSON.
  bool number(const std::string& text) {
    const bool finite = text.find_first_of("in") == std::string::npos;
    return finite ? builder_.number(builder_.keep(text)) : builder_.string(builder_.keep(text));
  }

  bool string(const pb::Message& message, const pb::FieldDescriptor& field, int index) {
    const std::string text = text_of(message, field, index);
    if (field.type() != pb::FieldDescriptor::TYPE_BYTES)
      return builder_.string(builder_.keep(text));
    char* const to = builder_.allocate(text.size() * 2);
    if (to == nullptr) return false;
    char* end = to;
    for (const char c : text) end = fmt::format_to(end, "{:02x}", static_cast<unsigned char>(c));
    return builder_.string({to, text.size() * 2});
  }

  bool nested(const pb::Message& message) {
    const pb::Descriptor& type = *message.GetDescriptor();
    if (type.full_name() != "google.protobuf.Any") return object(message, {});
    const pb::FieldDescriptor* const url_field = type.FindFieldByNumber(1);
    const pb::FieldDescriptor* const value_field = type.FindFieldByNumber(2);
    const std::string url = text_of(message, *url_field, kSingle);
    const pb::Descriptor* const packed =
        pool_.FindMessageTypeByName(url.substr(url.rfind('/') + 1));
    if (packed == nullptr || --packed_left_ < 0) return object(message, {});
    return parse(packed, text_of(message, *value_field, kSingle), url);
  }

  static constexpr int kSingle = -1;

  // The value of a field that is no message.
  static std::string text_of(const pb::Message& message, const pb::FieldDescriptor& field,
                             int index) {
    const pb::Reflection& r = *message.GetReflection();
    const auto pick = [&](auto single, auto repeated) {
      return index == kSingle ? (r.*single)(message, &field)
                              : (r.*repeated)(message, &field, index);
    };
    using R = pb::Reflection;
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return fmt::to_string(pick(&R::GetInt32, &R::GetRepeatedInt32));
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return fmt::to_string(pick(&R::GetInt64, &R::GetRepeatedInt64));
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        return fmt::to_string(pick(&R::GetUInt32, &R::GetRepeatedUInt32));
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        return fmt::to_string(pick(&R::GetUInt64, &R::GetRepeatedUInt64));
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return fmt::to_string(pick(&R::GetDouble, &R::GetRepeatedDouble));
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        return fmt::to_string(pick(&R::GetFloat, &R::GetRepeatedFloat));
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return pick(&R::GetBool, &R::GetRepeatedBool) ? "true" : "false";
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return pick(&R::GetEnum, &R::GetRepeatedEnum)->name();
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return pick(&R::GetString, &R::GetRepeatedString);
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    return {};
  }

  ParsedSize parsed_{kParsedMax};
  const pb::DescriptorPool& pool_;
  pb::DynamicMessageFactory& messages_;
  DocumentBuilder& builder_;
  int packed_left_ = 64;  // messages of google.protobuf.Any that are looked into
};

}  // namespace

ProtoSchema::ProtoSchema(std::unique_ptr<Pool> pool) : pool_(std::move(pool)) {}
ProtoSchema::~ProtoSchema() = default;

std::expected<std::shared_ptr<const ProtoSchema>, std::string> ProtoSchema::load(
    std::string_view descriptor_set) {
  be_silent();
  pb::FileDescriptorSet set;
  if (!set.ParseFromArray(descriptor_set.data(), static_cast<int>(descriptor_set.size())) ||
      set.file_size() == 0) {
    return std::unexpected("not a FileDescriptorSet");
  }
  auto pool = std::make_unique<Pool>();
  for (const pb::FileDescriptorProto& file : set.file()) {
    Problems problems;
    if (pool->descriptors.FindFileByName(file.name()) != nullptr) continue;
    if (pool->descriptors.BuildFileCollectingErrors(file, &problems) == nullptr) {
      return std::unexpected(problems.first());
    }
  }
  return std::shared_ptr<const ProtoSchema>(new ProtoSchema(std::move(pool)));
}

bool ProtoSchema::knows(std::string_view path) const { return pool_->method(path) != nullptr; }

bool ProtoSchema::add_message(std::string_view path, Side side, std::string_view message,
                              DocumentBuilder& builder) const {
  const pb::MethodDescriptor* const method = pool_->method(path);
  if (method == nullptr) return false;
  const pb::Descriptor* const type =
      side == Side::request ? method->input_type() : method->output_type();
  return Walk(pool_->descriptors, pool_->messages, builder).parse(type, message, {});
}

}  // namespace gnomon::compare
