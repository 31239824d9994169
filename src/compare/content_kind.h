// As what a body is read, by its Content-Type.
#pragma once

#include <cstdint>
#include <string_view>

namespace gnomon::compare {

enum class ContentKind : uint8_t {
  unknown,  // no type: by how it looks
  json,
  json_lines,  // one value per line
  xml,
  html,
  form,
  multipart,
  grpc,
  text,
  binary,
};

std::string_view to_string(ContentKind kind) noexcept;

ContentKind content_kind(std::string_view content_type) noexcept;
// "text/html" of "text/html; charset=utf-8".
std::string_view media_type(std::string_view content_type) noexcept;
// Value of a parameter without its quotes, or "".
std::string_view media_parameter(std::string_view content_type, std::string_view name) noexcept;

}  // namespace gnomon::compare
