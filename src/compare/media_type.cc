#include "compare/media_type.h"

#include <algorithm>

#include "msg/headers.h"

namespace gnomon::compare {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

}  // namespace

std::string_view media_type(std::string_view content_type) noexcept {
  return trimmed(content_type.substr(0, content_type.find(';')));
}

std::string_view media_parameter(std::string_view content_type, std::string_view name) noexcept {
  size_t at = content_type.find(';');
  while (at != content_type.npos) {
    content_type.remove_prefix(at + 1);
    at = content_type.find(';');
    const std::string_view parameter = content_type.substr(0, at);
    const size_t equals = parameter.find('=');
    if (equals == parameter.npos ||
        !equals_ignore_case(trimmed(parameter.substr(0, equals)), name)) {
      continue;
    }
    std::string_view value = trimmed(parameter.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

}  // namespace gnomon::compare
