#include "compare/body_reader.h"

#include <algorithm>

namespace gnomon::compare {
namespace {

constexpr size_t kLookMax = 512;

bool is_control(char c) noexcept {
  return static_cast<uint8_t>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
}

}  // namespace

ContentKind BodyReader::by_look(std::string_view body) noexcept {
  const size_t begin = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (begin == body.npos) return ContentKind::text;
  if (body[begin] == '{' || body[begin] == '[') return ContentKind::json;
  const std::string_view look = body.substr(0, kLookMax);
  return std::ranges::any_of(look, is_control) ? ContentKind::binary : ContentKind::text;
}

bool BodyReader::is_structured(ContentKind kind) noexcept {
  return kind == ContentKind::json || kind == ContentKind::json_lines;
}

ReadStatus BodyReader::read(ContentKind kind, std::string_view body,
                            std::string_view /*content_type*/, const DocumentLimits& limits,
                            Document& out) {
  if (kind == ContentKind::json_lines) return json_.read_lines(body, limits, out);
  return json_.read(body, limits, out);
}

}  // namespace gnomon::compare
