#include "compare/body_kind.h"

#include <algorithm>
#include <array>

#include "compare/form_reader.h"
#include "compare/html_reader.h"
#include "compare/utf8.h"
#include "compare/xml_reader.h"
#include "msg/headers.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr size_t kSniffed = 1024;

constexpr std::array<std::string_view, 10> kNames = {
    "empty", "json", "json_lines", "xml", "html", "form", "multipart", "grpc", "text", "binary"};

struct NamedKind {
  std::string_view type;
  ContentKind kind;
};
constexpr NamedKind kTypes[] = {
    {"application/json", ContentKind::json},
    {"text/json", ContentKind::json},
    {"application/x-ndjson", ContentKind::json_lines},
    {"application/ndjson", ContentKind::json_lines},
    {"application/jsonl", ContentKind::json_lines},
    {"application/jsonlines", ContentKind::json_lines},
    {"application/x-jsonlines", ContentKind::json_lines},
    {"application/xml", ContentKind::xml},
    {"text/xml", ContentKind::xml},
    {"text/html", ContentKind::html},
    {"application/x-www-form-urlencoded", ContentKind::form},
    {"multipart/form-data", ContentKind::multipart},
    {"application/grpc", ContentKind::grpc},
    {"application/grpc+proto", ContentKind::grpc},
    {"application/javascript", ContentKind::text},
    {"application/x-javascript", ContentKind::text},
    {"application/yaml", ContentKind::text},
    {"application/x-yaml", ContentKind::text},
    {"application/toml", ContentKind::text},
    {"application/graphql", ContentKind::text},
    {"application/sql", ContentKind::text},
};

std::string_view trimmed(std::string_view text) noexcept {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower_trimmed(std::string_view text) {
  std::string out(trimmed(text));
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

ContentKind kind_of_type(std::string_view type) noexcept {
  const auto* found = std::ranges::find(kTypes, type, &NamedKind::type);
  if (found != std::end(kTypes)) return found->kind;
  if (type.ends_with("+json") && !type.starts_with("application/grpc")) return ContentKind::json;
  if (type.ends_with("+xml")) return ContentKind::xml;
  // Event streams and the lines of logs among them.
  return type.starts_with("text/") ? ContentKind::text : ContentKind::binary;
}

bool begins_with(std::string_view text, std::string_view lower) noexcept {
  return equals_ignore_case(text.substr(0, lower.size()), lower);
}

// A character may be cut at the end of what is looked at.
bool looks_like_text(std::string_view body) noexcept {
  std::string_view head = body.substr(0, kSniffed);
  if (head.size() < body.size()) {
    while (!head.empty() && (static_cast<unsigned char>(head.back()) & 0x80U) != 0) {
      head.remove_suffix(1);
    }
  }
  return is_plain_text(head);
}

ContentKind sniffed(std::string_view body) noexcept {
  std::string_view text = body;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  if (!looks_like_text(text)) return ContentKind::binary;
  if (text.starts_with('{') || text.starts_with('[')) return ContentKind::json;
  if (begins_with(text, "<!doctype html") || begins_with(text, "<html")) return ContentKind::html;
  return text.starts_with('<') ? ContentKind::xml : ContentKind::text;
}

std::string boundary_in(std::string_view value) {
  size_t at = value.find(';');
  while (at != std::string_view::npos) {
    const size_t next = value.find(';', at + 1);
    const std::string_view parameter = value.substr(at + 1, next - at - 1);
    const size_t equals = parameter.find('=');
    at = next;
    if (equals == std::string_view::npos ||
        lower_trimmed(parameter.substr(0, equals)) != "boundary") {
      continue;
    }
    std::string_view boundary = parameter.substr(equals + 1);
    const size_t last = boundary.find_last_not_of(" \t\"");
    const size_t first = std::min(boundary.find_first_not_of(" \t\""), boundary.size());
    return std::string(boundary.substr(0, last + 1).substr(first));
  }
  return {};
}

}  // namespace

std::string_view to_string(ContentKind kind) noexcept { return kNames[static_cast<size_t>(kind)]; }

bool has_tree(ContentKind kind) noexcept {
  return kind != ContentKind::empty && kind != ContentKind::text && kind != ContentKind::binary;
}

ContentType content_type_of(std::string_view value, std::string_view body) {
  ContentType type;
  // Most often it is written as it stands in the table, and nothing needs to be copied.
  if (value == kTypes->type && !body.empty()) {
    type.kind = kTypes->kind;
    return type;
  }
  const std::string_view name = trimmed(value.substr(0, value.find(';')));
  type.kind = body.empty()           ? ContentKind::empty
              : name.empty()         ? sniffed(body)
              : name == kTypes->type ? kTypes->kind
                                     : kind_of_type(lower_trimmed(name));
  if (type.kind == ContentKind::multipart) type.boundary = boundary_in(value);
  return type;
}

ReadStatus TreeReader::read(const ContentType& type, std::string_view body, const GrpcContext& grpc,
                            const DocumentLimits& limits, Document& out, const Document* like) {
  switch (type.kind) {
    case ContentKind::json:
      return json_.read(body, limits, out, like);
    case ContentKind::json_lines:
      return json_.read_lines(body, limits, out);
    case ContentKind::xml:
      return read_xml(body, limits, out);
    case ContentKind::html:
      return read_html(body, limits, out);
    case ContentKind::form:
      return read_form(body, limits, out);
    case ContentKind::multipart:
      return read_multipart(body, type.boundary, limits, out);
    case ContentKind::grpc:
      return read_grpc(body, grpc, limits, out);
    case ContentKind::empty:
    case ContentKind::text:
    case ContentKind::binary:
      break;
  }
  out.clear();
  return ReadStatus::invalid;
}

}  // namespace gnomon::compare
