#include "cli/answer_json.h"

#include <fmt/format.h>

#include <string_view>

namespace gnomon::cli {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const Json& value, std::string_view expected) {
  throw Unreadable(fmt::format("{} where {} is expected", value.type_name(), expected));
}

}  // namespace

std::string as_text(const Json& value) {
  if (value.is_null()) return {};
  if (!value.is_string()) refuse(value, "a text");
  return value.get<std::string>();
}

uint64_t as_count(const Json& value) {
  if (value.is_null()) return 0;
  if (!value.is_number_unsigned()) refuse(value, "a count");
  return value.get<uint64_t>();
}

const Json& read_member(const Json& object, const char* name) {
  static const Json kNone;
  if (object.is_null()) return kNone;
  if (!object.is_object()) refuse(object, "an object");
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string read_text(const Json& object, const char* name) {
  return as_text(read_member(object, name));
}

uint64_t read_count(const Json& object, const char* name) {
  return as_count(read_member(object, name));
}

double read_number(const Json& object, const char* name) {
  const Json& value = read_member(object, name);
  if (value.is_null()) return 0;
  if (!value.is_number()) refuse(value, "a number");
  return value.get<double>();
}

bool read_flag(const Json& object, const char* name) {
  const Json& value = read_member(object, name);
  if (value.is_null()) return false;
  if (!value.is_boolean()) refuse(value, "true or false");
  return value.get<bool>();
}

const Json& read_list(const Json& object, const char* name) {
  static const Json kEmpty = Json::array();
  const Json& value = read_member(object, name);
  if (value.is_null()) return kEmpty;
  if (!value.is_array()) refuse(value, "a list");
  return value;
}

const Json& read_object(const Json& object, const char* name) {
  static const Json kEmpty = Json::object();
  const Json& value = read_member(object, name);
  if (value.is_null()) return kEmpty;
  if (!value.is_object()) refuse(value, "an object");
  return value;
}

}  // namespace gnomon::cli
