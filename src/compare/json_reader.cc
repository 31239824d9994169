#include "compare/json_reader.h"

#include <simdjson.h>

#include <cstring>

#include "compare/json_escape.h"

namespace gnomon::compare {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Values are read by recursion.
constexpr uint32_t kDepthMax = 1000;

// A raw token reaches to the next one.
std::string_view without_space_behind(std::string_view token) noexcept {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

std::string_view token_of(ondemand::value& value) noexcept { return value.raw_json_token(); }

std::string_view token_of(ondemand::document& document) noexcept {
  std::string_view token;
  return document.raw_json_token().get(token) == simdjson::SUCCESS ? token : std::string_view();
}

bool at_end(ondemand::document& document) noexcept {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// Hands one value of On-Demand to a builder. On-Demand checks how tokens follow each other; what is
// in them is checked here.
class Walk {
 public:
  Walk(DocumentBuilder& builder) : builder_(builder) {}

  template <typename Value>
  bool value(Value& value) {
    const std::string_view token = token_of(value);
    if (token.empty()) return false;
    if (token[0] == '{') return object(value);
    if (token[0] == '[') return array(value);
    return scalar(without_space_behind(token));
  }

  bool scalar(std::string_view token) {
    switch (token[0]) {
      case '"':
        return string(token);
      case 't':
        return token == "true" && builder_.boolean(true);
      case 'f':
        return token == "false" && builder_.boolean(false);
      case 'n':
        return token == "null" && builder_.null();
      default:
        return builder_.number(token);
    }
  }

 private:
  template <typename Value>
  bool object(Value& value) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS || !builder_.begin_object()) {
      return false;
    }
    for (auto member : object) {
      ondemand::field field;
      if (std::move(member).get(field) != simdjson::SUCCESS || !name(field.key().raw()) ||
          !this->value(field.value())) {
        return false;
      }
    }
    builder_.end();
    return true;
  }

  template <typename Value>
  bool array(Value& value) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS || !builder_.begin_array()) return false;
    for (auto element : array) {
      ondemand::value item;
      if (std::move(element).get(item) != simdjson::SUCCESS || !this->value(item)) return false;
    }
    builder_.end();
    return true;
  }

  bool string(std::string_view token) {
    if (token.size() < 2 || token.back() != '"') return false;
    const auto text = characters(token.substr(1, token.size() - 2));
    return text && builder_.string(*text);
  }

  // The text begins behind the opening quote; simdjson has made sure that there is a closing one.
  bool name(const char* text) {
    const char* end = text;
    while (*end != '"') end += *end == '\\' ? 2 : 1;
    const auto name = characters({text, static_cast<size_t>(end - text)});
    if (name) builder_.name(*name);
    return name.has_value();
  }

  std::optional<std::string_view> characters(std::string_view escaped) {
    if (escaped.find('\\') == escaped.npos) return escaped;
    char* const out = builder_.allocate(escaped.size());
    if (out == nullptr) return std::nullopt;
    const auto size = unescape_json(escaped, out);
    if (!size) return std::nullopt;
    return std::string_view(out, *size);
  }

  DocumentBuilder& builder_;
};

std::string_view copy_to_source(std::string_view body, Document& out) {
  char* const source = out.source(body.size(), simdjson::SIMDJSON_PADDING);
  if (!body.empty()) std::memcpy(source, body.data(), body.size());
  return {source, body.size()};
}

}  // namespace

struct JsonReader::Machine {
  ondemand::parser parser;

  // `text` has padding behind it.
  bool read_value(std::string_view text, DocumentBuilder& builder) {
    ondemand::document document;
    const auto capacity = text.size() + simdjson::SIMDJSON_PADDING;
    if (parser.iterate(text.data(), text.size(), capacity).get(document) != simdjson::SUCCESS) {
      return false;
    }
    Walk walk(builder);
    const std::string_view token = token_of(document);
    if (token.empty()) return false;
    if (token[0] == '{' || token[0] == '[') return walk.value(document) && at_end(document);
    return token.data() + token.size() >= text.data() + text.size() &&
           walk.scalar(without_space_behind(token));
  }
};

JsonReader::JsonReader() : machine_(std::make_unique<Machine>()) {}
JsonReader::~JsonReader() = default;

namespace {

ReadStatus status_of(bool read, const DocumentBuilder& builder, const Document& out) {
  if (!out.limits().empty()) return ReadStatus::limit;
  return read && builder.complete() ? ReadStatus::ok : ReadStatus::invalid;
}

DocumentLimits with_our_depth(DocumentLimits limits) noexcept {
  limits.depth = std::min(limits.depth, kDepthMax);
  return limits;
}

}  // namespace

ReadStatus JsonReader::read(std::string_view body, const DocumentLimits& limits, Document& out) {
  DocumentBuilder builder(out, with_our_depth(limits));
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  if (body.size() > limits.text_bytes) return builder.refuse(Limit::text_bytes);
  const bool read = machine_->read_value(copy_to_source(body, out), builder);
  return status_of(read, builder, out);
}

ReadStatus JsonReader::read_lines(std::string_view body, const DocumentLimits& limits,
                                  Document& out) {
  DocumentBuilder builder(out, with_our_depth(limits));
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  if (body.size() > limits.text_bytes) return builder.refuse(Limit::text_bytes);
  std::string_view rest = copy_to_source(body, out);
  bool read = builder.begin_array();
  while (read && !rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (!without_space_behind(line).empty()) read = machine_->read_value(line, builder);
  }
  if (read) builder.end();
  return status_of(read, builder, out);
}

}  // namespace gnomon::compare
