#include "compare/form_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "compare/body_capture.h"
#include "compare/utf8.h"
#include "msg/headers.h"

namespace gnomon::compare {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `out` has room for as many bytes as `text` has.
size_t decode_form(std::string_view text, char* out) noexcept {
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out[size++] = static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out[size++] = text[i] == '+' ? ' ' : text[i];
    }
  }
  return size;
}

std::string_view keep_decoded(std::string_view text, DocumentBuilder& builder) {
  char* const to = builder.allocate(text.size());
  return to == nullptr ? std::string_view() : std::string_view(to, decode_form(text, to));
}

bool add_pair(std::string_view pair, DocumentBuilder& builder) {
  const size_t equals = pair.find('=');
  builder.name(keep_decoded(pair.substr(0, equals), builder));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  return builder.string(keep_decoded(value, builder));
}

ReadStatus status_of(bool valid, const DocumentBuilder& builder, const Document& out) {
  if (!out.limits().empty()) return ReadStatus::limit;
  return valid && builder.complete() ? ReadStatus::ok : ReadStatus::invalid;
}

// ---- multipart (RFC 7578) -------------------------------------------------------------------

// Takes what stands before `mark` off `rest`, and the mark. False where there is none.
bool take_until(std::string_view mark, std::string_view& rest, std::string_view& taken) noexcept {
  const size_t at = rest.find(mark);
  if (at == std::string_view::npos) return false;
  taken = rest.substr(0, at);
  rest.remove_prefix(at + mark.size());
  return true;
}

struct Part {
  std::string_view name;
  std::string_view filename;
  bool is_file = false;
  std::string_view type;
  std::string_view content;
};

// The parameter of a field's value: form-data; name="a". Browsers escape quotes as %22.
bool parameter(std::string_view value, std::string_view name, std::string_view& out) noexcept {
  size_t at = value.find(';');
  while (at != std::string_view::npos) {
    std::string_view rest = value.substr(at + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return false;
    const bool quoted = rest.substr(equals + 1).starts_with('"');
    const size_t begin = equals + (quoted ? 2 : 1);
    const size_t end = std::min(rest.find(quoted ? '"' : ';', begin), rest.size());
    if (equals_ignore_case(rest.substr(0, equals), name)) {
      out = rest.substr(begin, end - begin);
      return true;
    }
    const size_t next = rest.find(';', end);
    at = next == std::string_view::npos ? next : next + (value.size() - rest.size());
  }
  return false;
}

bool read_field(std::string_view line, Part& part) noexcept {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  if (equals_ignore_case(line.substr(0, colon), "content-disposition")) {
    if (!parameter(value, "name", part.name)) return false;
    part.is_file = parameter(value, "filename", part.filename);
  } else if (equals_ignore_case(line.substr(0, colon), "content-type")) {
    part.type = value;
  }
  return true;
}

bool read_part(std::string_view bytes, Part& part) noexcept {
  std::string_view line;
  for (;;) {
    if (!take_until("\r\n", bytes, line)) return false;
    if (line.empty()) break;
    if (!read_field(line, part)) return false;
  }
  part.content = bytes;
  return part.name.data() != nullptr;
}

bool add_member(std::string_view name, std::string_view value, DocumentBuilder& builder) {
  builder.name(name);
  return builder.string(builder.keep(value));
}

bool add_part(const Part& part, DocumentBuilder& builder) {
  builder.name(builder.keep(part.name));
  if (!part.is_file && is_plain_text(part.content))
    return builder.string(builder.keep(part.content));
  if (!builder.begin_object()) return false;
  if (part.is_file && !add_member("filename", part.filename, builder)) return false;
  if (!part.type.empty() && !add_member("type", part.type, builder)) return false;
  const Digest digest = digest_of(part.content);
  builder.name("length");
  if (!builder.number(builder.keep(std::to_string(part.content.size()))) ||
      !add_member("digest", fmt::format("{:016x}{:016x}", digest.high, digest.low), builder)) {
    return false;
  }
  builder.end();
  return true;
}

}  // namespace

std::string form_decoded(std::string_view text) {
  std::string out(text.size(), '\0');
  out.resize(decode_form(text, out.data()));
  return out;
}

ReadStatus read_form(std::string_view body, const DocumentLimits& limits, Document& out) {
  DocumentBuilder builder(out, limits);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  while (body.ends_with('\n') || body.ends_with('\r')) body.remove_suffix(1);
  bool valid = !std::ranges::any_of(body, is_control) && builder.begin_object();
  while (valid && !body.empty()) {
    const std::string_view pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    if (!pair.empty()) valid = add_pair(pair, builder);
  }
  if (valid) builder.end();
  return status_of(valid, builder, out);
}

ReadStatus read_multipart(std::string_view body, std::string_view boundary,
                          const DocumentLimits& limits, Document& out) {
  DocumentBuilder builder(out, limits);
  const std::string dashes = std::string("--").append(boundary);
  const std::string between = std::string("\r\n").append(dashes);
  std::string_view ignored;
  bool valid = !boundary.empty() && take_until(dashes, body, ignored) && builder.begin_object();
  while (valid && !body.starts_with("--")) {
    Part part;
    std::string_view bytes;
    valid = take_until("\r\n", body, ignored) && take_until(between, body, bytes) &&
            read_part(bytes, part) && add_part(part, builder);
  }
  if (valid) builder.end();
  return status_of(valid, builder, out);
}

}  // namespace gnomon::compare
