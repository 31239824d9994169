#include "compare/json_reader.h"

#include <simdjson.h>

#include <bit>
#include <cstring>

#include "compare/json_escape.h"
#include "compare/json_graft.h"
#include "compare/json_twin.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr uint32_t kDepthMax = 1000;
// Of a body, whose places the parser keeps room for: four bytes each.
constexpr size_t kBytesKept = size_t{1} << 20;

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view without_space_behind(std::string_view token) noexcept {
  while (!token.empty() && is_space(token.back())) token.remove_suffix(1);
  return token;
}

// Hands the tokens of a text to a builder. simdjson has found where they begin, and has checked
// that the text is UTF-8, that strings are closed and hold no control characters; everything else
// is checked here.
class Walk {
 public:
  Walk(std::string_view text, const uint32_t* starts, size_t count, DocumentBuilder& builder,
       const Document* like)
      : data_(text.data()),
        starts_(starts),
        count_(count),
        builder_(builder),
        has_escapes_(text.find('\\') != text.npos),
        twin_(text, {starts, count + 1}, like, has_escapes_) {}

  // The whole text is one value.
  bool run() { return value(twin_.root()) && at_ == count_; }

 private:
  // Behind the last token lies padding, or the end of a line: nothing that a value begins with.
  char next_char() const noexcept { return data_[starts_[at_]]; }

  // The token that begins here, up to the next or the end; goes past it.
  std::string_view take() noexcept {
    const uint32_t begin = starts_[at_++];
    return without_space_behind({data_ + begin, starts_[at_] - begin});
  }

  bool value(NodeId twin) {
    switch (next_char()) {
      case '{':
        return object(twin);
      case '[':
        return array(twin);
      case '"': {
        const auto text = characters(take());
        return text && builder_.string(*text);
      }
      case 't': {
        const std::string_view token = take();
        return token == "true" && builder_.boolean_token(token);
      }
      case 'f': {
        const std::string_view token = take();
        return token == "false" && builder_.boolean_token(token);
      }
      case 'n': {
        const std::string_view token = take();
        return token == "null" && builder_.null(token);
      }
      default:
        return at_ < count_ && builder_.number(take());
    }
  }

  // Recursion is as deep as the builder's limit allows.
  bool object(NodeId twin) {
    const size_t begin = at_;
    if (!builder_.begin_object(data_ + starts_[begin])) return false;
    JsonTwin::Siblings twins = twin_.members_of(twin);
    ++at_;
    bool more = next_char() != '}';
    while (more) {
      if (next_char() != '"') return false;
      if (!twin_.repeat_members(twins, at_, builder_) && !member(twins)) return false;
      more = next_char() == ',';
      if (more) ++at_;
    }
    return close('}', begin);
  }

  bool member(JsonTwin::Siblings& twins) {
    const auto name = characters(take());
    if (!name || next_char() != ':') return false;
    ++at_;
    const NodeId twin = twin_.named(twins, *name);
    builder_.name(*name);
    return value(twin);
  }

  bool array(NodeId twin) {
    const size_t begin = at_;
    if (!builder_.begin_array(data_ + starts_[begin])) return false;
    JsonTwin::Siblings twins = twin_.elements_of(twin);
    ++at_;
    bool more = next_char() != ']';
    while (more) {
      if (!twin_.repeat_elements(twins, at_, builder_) && !value(twin_.next(twins))) return false;
      more = next_char() == ',';
      if (more) ++at_;
    }
    return close(']', begin);
  }

  bool close(char bracket, size_t begin) {
    if (next_char() != bracket) return false;
    ++at_;
    builder_.end(at_ - begin);
    return true;
  }

  // Of a token that begins with a quote.
  std::optional<std::string_view> characters(std::string_view token) {
    if (token.size() < 2 || token.back() != '"') return std::nullopt;
    const std::string_view escaped = token.substr(1, token.size() - 2);
    if (!has_escapes_ || escaped.find('\\') == escaped.npos) return escaped;
    char* const out = builder_.allocate(escaped.size());
    if (out == nullptr) return std::nullopt;
    const auto size = unescape_json(escaped, out);
    if (!size) return std::nullopt;
    return std::string_view(out, *size);
  }

  const char* const data_;
  const uint32_t* const starts_;  // ends with the size of the text
  const size_t count_;
  DocumentBuilder& builder_;
  const bool has_escapes_;
  JsonTwin twin_;
  size_t at_ = 0;  // in starts_; at most count_ until a value is refused
};

std::string_view copy_to_source(std::string_view body, Document& out) {
  char* const source = out.source(body.size(), simdjson::SIMDJSON_PADDING);
  if (!body.empty()) std::memcpy(source, body.data(), body.size());
  return {source, body.size()};
}

}  // namespace

// The first stage of simdjson, as On-Demand uses it. Its second, which goes from token to token, is
// compiled into whoever includes it, for processors of twenty years ago; ours has half as much to
// do.
struct JsonReader::Machine {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;

  bool reserve(size_t bytes) {
    if (stage != nullptr && stage->capacity() >= bytes) return true;
    constexpr size_t kLeast = 4096;
    const size_t capacity = std::bit_ceil(std::max(bytes, kLeast));
    return simdjson::get_active_implementation()->create_dom_parser_implementation(
               capacity, 1, stage) == simdjson::SUCCESS;
  }

  // `text` has padding behind it.
  bool read_value(std::string_view text, DocumentBuilder& builder, const Document* like) {
    const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
    if (!reserve(text.size()) ||
        stage->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
      return false;
    }
    return Walk(text, stage->structural_indexes.get(), stage->n_structural_indexes, builder, like)
        .run();
  }
};

JsonReader::JsonReader() : machine_(std::make_unique<Machine>()) {}
JsonReader::~JsonReader() = default;

void JsonReader::give_back() noexcept {
  if (machine_->stage != nullptr && machine_->stage->capacity() > kBytesKept) {
    machine_->stage.reset();
  }
}

namespace {

ReadStatus status_of(bool read, const DocumentBuilder& builder, const Document& out) {
  if (!out.limits().empty()) return ReadStatus::limit;
  return read && builder.complete() ? ReadStatus::ok : ReadStatus::invalid;
}

DocumentLimits with_our_depth(DocumentLimits limits) noexcept {
  limits.depth = std::min(limits.depth, kDepthMax);
  return limits;
}

// Whether the text is `like` but for one value, which most differences are.
bool read_as_graft(std::string_view body, const Document& like, const DocumentLimits& limits,
                   Document& out) {
  JsonGraft graft(like);
  if (!graft.find(body)) return false;
  DocumentBuilder builder(out, limits);
  return graft.build(copy_to_source(body, out), builder);
}

}  // namespace

ReadStatus JsonReader::read(std::string_view body, const DocumentLimits& limits, Document& out,
                            const Document* like) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  const bool fits = body.size() <= limits.text_bytes;
  const DocumentLimits bounds = with_our_depth(limits);
  if (fits && like != nullptr && read_as_graft(body, *like, bounds, out)) return ReadStatus::ok;
  DocumentBuilder builder(out, bounds);
  if (!fits) return builder.refuse(Limit::text_bytes);
  const bool read = machine_->read_value(copy_to_source(body, out), builder, like);
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
    if (!without_space_behind(line).empty()) read = machine_->read_value(line, builder, nullptr);
  }
  if (read) builder.end();
  return status_of(read, builder, out);
}

}  // namespace gnomon::compare
