#include "compare/content_kind.h"

#include <algorithm>

#include "msg/headers.h"

namespace gnomon::compare {
namespace {

struct Named {
  std::string_view type;
  ContentKind kind;
};
constexpr Named kTypes[] = {
    {"application/json", ContentKind::json},
    {"text/json", ContentKind::json},
    {"application/x-ndjson", ContentKind::json_lines},
    {"application/ndjson", ContentKind::json_lines},
    {"application/jsonl", ContentKind::json_lines},
    {"application/stream+json", ContentKind::json_lines},
    {"application/xml", ContentKind::xml},
    {"text/xml", ContentKind::xml},
    {"text/html", ContentKind::html},
    {"application/x-www-form-urlencoded", ContentKind::form},
    {"multipart/form-data", ContentKind::multipart},
    {"application/javascript", ContentKind::text},
    {"application/yaml", ContentKind::text},
    {"application/x-yaml", ContentKind::text},
    {"application/toml", ContentKind::text},
    {"application/graphql", ContentKind::text},
    {"application/sql", ContentKind::text},
};

std::string_view trimmed(std::string_view text) noexcept {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

bool ends_with_ignore_case(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() &&
         equals_ignore_case(text.substr(text.size() - end.size()), end);
}

bool starts_with_ignore_case(std::string_view text, std::string_view begin) noexcept {
  return equals_ignore_case(text.substr(0, begin.size()), begin);
}

}  // namespace

std::string_view to_string(ContentKind kind) noexcept {
  constexpr std::string_view kNames[] = {"unknown", "json",      "json lines", "xml",  "html",
                                         "form",    "multipart", "grpc",       "text", "binary"};
  return kNames[static_cast<size_t>(kind)];
}

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

ContentKind content_kind(std::string_view content_type) noexcept {
  const std::string_view type = media_type(content_type);
  if (type.empty()) return ContentKind::unknown;
  const auto* const known = std::ranges::find_if(
      kTypes, [type](const Named& named) { return equals_ignore_case(named.type, type); });
  if (known != std::end(kTypes)) return known->kind;
  if (ends_with_ignore_case(type, "+json")) return ContentKind::json;
  if (ends_with_ignore_case(type, "+xml")) return ContentKind::xml;
  if (starts_with_ignore_case(type, "application/grpc")) return ContentKind::grpc;
  if (starts_with_ignore_case(type, "text/")) return ContentKind::text;
  return ContentKind::binary;
}

}  // namespace gnomon::compare
