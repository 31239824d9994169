#include "compare/redacted_body.h"

#include <cstring>
#include <utility>

#include "compare/body_capture.h"
#include "compare/redacted_tree.h"
#include "compare/utf8.h"

namespace gnomon::compare {
namespace {

constexpr uint32_t kMaxCodings = 4;

std::string whole(const CapturedBody& body) {
  std::string out;
  out.reserve(body.captured);
  for (const Chunk& chunk : body.chunks) out.append(chunk.view());
  return out;
}

std::string digest_stand_in(const Redactor& redactor, const CapturedBody& body) {
  const Digest digest = digest_of(body);
  const uint64_t parts[] = {digest.low, digest.high, body.length};
  char bytes[sizeof(parts)];
  std::memcpy(bytes, parts, sizeof(parts));
  return redactor.stand_in({bytes, sizeof(bytes)}, RedactionKey::Of::digest);
}

bool begins_like_a_tree(std::string_view text) noexcept {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

class Reading {
 public:
  Reading(const Redactor& redactor, const BodyToRedact& what, TreeReader& reader, Document& scratch)
      : redactor_(redactor), what_(what), reader_(reader), scratch_(scratch) {}

  void read(std::string_view bytes, RedactedBody& out) {
    ContentType type = content_type_of(what_.content_type, bytes);
    out.kind = type.kind;
    if (type.kind == ContentKind::text) return read_text(bytes, out);
    if (has_tree(type.kind)) read_tree(type, bytes, out);
  }

 private:
  void read_tree(const ContentType& type, std::string_view bytes, RedactedBody& out) {
    if (reader_.read(type, bytes, what_.grpc, what_.document, scratch_) != ReadStatus::ok) return;
    out.readable = true;
    out.text = redacted_tree(redactor_, scratch_, type.kind);
  }

  // Rules for trees cannot be followed in a text, so that one which may hold a tree is not kept.
  void read_text(std::string_view bytes, RedactedBody& out) {
    const RedactionPolicy& policy = redactor_.policy();
    const bool ruled = !policy.trees().empty() && policy.mode() == RedactionMode::rules;
    if (begins_like_a_tree(bytes)) {
      read_tree({ContentKind::json, {}}, bytes, out);
      if (out.readable) out.kind = ContentKind::json;
      if (out.readable || ruled) return;
    }
    if (ruled && bytes.find_first_of("{<") != std::string_view::npos) return;
    if (policy.covers_bodies() || policy.mode() == RedactionMode::names_only) return;
    if (!is_utf8(bytes)) return;
    out.readable = true;
    out.text = redactor_.text(bytes);
  }

  const Redactor& redactor_;
  const BodyToRedact& what_;
  TreeReader& reader_;
  Document& scratch_;
};

}  // namespace

RedactedBody redacted_body(const Redactor& redactor, const BodyToRedact& what, TreeReader& reader,
                           Document& scratch) {
  RedactedBody out;
  out.length = what.body.length;
  if (what.body.length == 0) {
    out.readable = true;
    return out;
  }
  out.digest = digest_stand_in(redactor, what.body);
  out.kind = ContentKind::binary;
  if (!what.body.is_whole()) return out;
  const ContentEncoding encoding = parse_content_encoding(what.content_encoding, kMaxCodings);
  std::string bytes = whole(what.body);
  if (!encoding.identity()) {
    DecodedContent decoded = decode_content(encoding, bytes, what.decoding);
    if (decoded.state != DecodingState::decoded) return out;
    bytes = std::move(decoded.bytes);
  }
  Reading(redactor, what, reader, scratch).read(bytes, out);
  return out;
}

}  // namespace gnomon::compare
