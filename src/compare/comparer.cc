#include "compare/comparer.h"

#include <fmt/format.h>

#include <cstring>

#include "compare/body_capture.h"
#include "compare/utf8.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kBody = "body";
// What is kept of a body's buffer from one comparison to the next.
constexpr size_t kBufferKept = size_t{2} << 20;
// A body of so few bytes and values takes no more memory than is kept.
constexpr size_t kSmall = 4 << 10;

std::string outcome_text(const Answer& answer) {
  switch (answer.outcome) {
    case Outcome::answered:
      return fmt::format("answered {}", answer.status);
    case Outcome::error:
      return fmt::format("error: {}", to_string(answer.error));
    case Outcome::timed_out:
      return "timed out";
    case Outcome::cut:
      break;
  }
  return fmt::format("cut: {}", answer.reason);
}

std::string digest_text(uint64_t length, const Digest& digest) {
  return fmt::format("{} bytes, digest {:016x}{:016x}", length, digest.high, digest.low);
}

// Whether the chunks, which may be cut differently, hold the same bytes.
bool same_bytes(const CapturedBody& left, const CapturedBody& right) noexcept {
  if (left.captured != right.captured) return false;
  size_t l = 0;
  size_t r = 0;
  size_t l_at = 0;
  size_t r_at = 0;
  while (l < left.chunks.size() && r < right.chunks.size()) {
    const Chunk& a = left.chunks[l];
    const Chunk& b = right.chunks[r];
    const size_t n = std::min(a.size() - l_at, b.size() - r_at);
    const char* const in_a = a.data() + l_at;
    const char* const in_b = b.data() + r_at;
    if (in_a != in_b && n != 0 && std::memcmp(in_a, in_b, n) != 0) return false;
    l_at += n;
    r_at += n;
    if (l_at == a.size()) ++l, l_at = 0;
    if (r_at == b.size()) ++r, r_at = 0;
  }
  return true;
}

std::string_view in_one_piece(const CapturedBody& body, std::string& flat) {
  if (body.chunks.empty()) return {};
  if (body.chunks.size() == 1) return body.chunks[0].view();
  flat.clear();
  flat.reserve(body.captured);
  for (const Chunk& chunk : body.chunks) flat += chunk.view();
  return flat;
}

std::string encoding_of(const Answer& answer) {
  std::string all;
  if (answer.decoded) return all;
  for (const Field& field : answer.headers) {
    if (!equals_ignore_case(field.name, "content-encoding")) continue;
    if (!all.empty()) all += ',';
    all += field.value;
  }
  return all;
}

}  // namespace

Comparer::Comparer(const ComparerLimits& limits) : limits_(limits), findings_(limits.result) {}

void Comparer::compare(const Answer& left, const Answer& right, const Rules& rules, RuleHits& hits,
                       Result& out, const RequestFacts& request) {
  rules_ = &rules;
  hits_ = &hits;
  request_ = request;
  findings_.begin(out, hits);
  if (!compare_outcomes(left, right) || !compare_status(left, right)) return;
  headers_.headers(left.headers, right.headers, rules, hits, findings_);
  headers_.trailers(left.trailers, right.trailers, rules, hits, findings_);
  compare_captured(left, right);
}

void Comparer::compare_bodies(std::string_view left, std::string_view right,
                              std::string_view content_type, const Rules& rules, RuleHits& hits,
                              Result& out) {
  rules_ = &rules;
  hits_ = &hits;
  request_ = {};
  findings_.begin(out, hits);
  const auto take = [content_type](Side& side, std::string_view text) {
    side.text = text;
    side.type = content_type;
    side.grpc_encoding = {};
  };
  take(left_, left);
  take(right_, right);
  compare_sides(hits.should_look(rules.of(Area::tree)));
  give_back();
}

void Comparer::give_back() noexcept {
  bool large = false;
  for (Side* const side : {&left_, &right_}) {
    large = large || side->text.size() > kSmall || side->document.size() > kSmall;
    side->document.clear();
    for (std::string* const buffer : {&side->flat, &side->decoded}) {
      if (buffer->capacity() > kBufferKept) std::string().swap(*buffer);
    }
  }
  if (!large) return;
  reader_.give_back();
  trees_.give_back();
  texts_.give_back();
}

void Comparer::settle(Settled settled) noexcept { findings_.result().settled = settled; }

// Whether there are two answers.
bool Comparer::compare_outcomes(const Answer& left, const Answer& right) {
  if (left.outcome == Outcome::cut || right.outcome == Outcome::cut) {
    findings_.result().comparable = false;
    return false;
  }
  if (left.outcome == Outcome::answered && right.outcome == Outcome::answered) return true;
  const bool same = left.outcome == right.outcome &&
                    (left.outcome != Outcome::error || left.error == right.error);
  if (same) return false;
  const bool timeout = left.outcome == Outcome::timed_out || right.outcome == Outcome::timed_out;
  findings_.add_named("outcome", timeout ? Kind::timeout : Kind::error, outcome_text(left),
                      outcome_text(right));
  return false;
}

int32_t Comparer::ignoring(Area area) const noexcept {
  for (const uint32_t id : rules_->of(area)) {
    if ((*rules_)[id].action == RuleAction::ignore) return static_cast<int32_t>(id);
  }
  return kNoRule;
}

// Whether the rest is worth comparing: an error's page and a success have nothing in common.
bool Comparer::compare_status(const Answer& left, const Answer& right) {
  for (const uint32_t id : rules_->of(Area::status)) hits_->select(id);
  if (left.status == right.status) return true;
  const std::string l = fmt::format("{}", left.status);
  const std::string r = fmt::format("{}", right.status);
  int32_t rule = kNoRule;
  for (const uint32_t id : rules_->of(Area::status)) {
    if (rule == kNoRule && (*rules_)[id].excuses(l, r)) rule = static_cast<int32_t>(id);
  }
  findings_.add_named("status", Kind::status, l, r, rule);
  return rule != kNoRule || left.status / 100 == right.status / 100;
}

void Comparer::compare_captured(const Answer& left, const Answer& right) {
  for (const uint32_t id : rules_->of(Area::body)) hits_->select(id);
  const std::string left_encoding = encoding_of(left);
  const std::string right_encoding = encoding_of(right);
  if (!left.body.is_whole() || !right.body.is_whole()) {
    const bool shed = left.body.shed || right.body.shed;
    findings_.reached(shed ? Limit::memory : Limit::body_capture);
    compare_digests(left.body.length, digest_of(left.body), right.body.length,
                    digest_of(right.body));
    return;
  }
  const bool same = left_encoding == right_encoding && same_bytes(left.body, right.body);
  const bool look = hits_->should_look(rules_->of(Area::tree));
  settle(Settled::bytes);
  if (same && !look) return;
  prepare(left, left_);
  prepare(right, right_);
  if (left_.decoding == DecodingState::decoded && right_.decoding == DecodingState::decoded) {
    compare_sides(look);
  } else if (!same) {
    compare_undecoded(left.body, right.body);
  }
  give_back();
}

void Comparer::prepare(const Answer& answer, Side& side) {
  side.text = in_one_piece(answer.body, side.flat);
  side.type = answer.content_type();
  side.grpc_encoding = answer.headers.get("grpc-encoding");
  side.decoding = DecodingState::decoded;
  const std::string value = encoding_of(answer);
  if (value.empty()) return;
  const ContentEncoding encoding = parse_content_encoding(value, limits_.decoding.codings);
  if (encoding.identity()) return;
  DecodedContent content = decode_content(encoding, side.text, limits_.decoding);
  side.decoding = content.state;
  side.decoded = std::move(content.bytes);
  if (side.decoding == DecodingState::decoded) side.text = side.decoded;
}

// One side or both cannot be decoded: then that is what they are compared by, and their bytes.
void Comparer::compare_undecoded(const CapturedBody& left, const CapturedBody& right) {
  for (const DecodingState state : {left_.decoding, right_.decoding}) {
    if (state == DecodingState::too_large || state == DecodingState::too_dense ||
        state == DecodingState::too_many_codings) {
      findings_.reached(Limit::decompression);
    }
  }
  if (left_.decoding == right_.decoding) {
    compare_digests(left.length, digest_of(left), right.length, digest_of(right));
    return;
  }
  settle(Settled::digest);
  findings_.add_named(kBody, Kind::type, to_string(left_.decoding), to_string(right_.decoding),
                      ignoring(Area::body));
}

void Comparer::compare_digests(uint64_t left_length, const Digest& left, uint64_t right_length,
                               const Digest& right) {
  settle(Settled::digest);
  if (left_length == right_length && left == right) return;
  findings_.add_named(kBody, left_length == right_length ? Kind::value : Kind::length,
                      digest_text(left_length, left), digest_text(right_length, right),
                      ignoring(Area::body));
}

// With `look`, bodies are read even if they are the same.
void Comparer::compare_sides(bool look) {
  settle(Settled::bytes);
  const bool same = left_.text == right_.text;
  if (same && !look) return;
  if (const int32_t rule = ignoring(Area::body); rule != kNoRule) {
    settle(Settled::nothing);
    if (!same) findings_.add_named(kBody, Kind::value, left_.text, right_.text, rule);
    return;
  }
  read(left_);
  read(right_, &left_);
  if (look) look_for_unseen_rules();
  if (!same) compare_read_sides();
}

// Text that is JSON is read as such, whatever its type says. Text that says it is and is not, is
// invalid.
void Comparer::read(Side& side, const Side* other) {
  side.kind = content_type_of(side.type, side.text);
  const bool untyped = side.type.empty() || side.kind.kind == ContentKind::text;
  if (untyped) side.kind = content_type_of({}, side.text);
  if (untyped && side.kind.kind != ContentKind::json && !side.type.empty()) {
    side.kind.kind = ContentKind::text;
  }
  side.is_read = side.invalid = false;
  if (!has_tree(side.kind.kind)) {
    side.document.clear();
    return;
  }
  GrpcContext grpc;
  grpc.encoding = side.grpc_encoding;
  grpc.path = request_.path;
  grpc.schema = request_.schema;
  grpc.side = request_.side;
  grpc.decoding = limits_.decoding;
  const bool is_like = other != nullptr && other->is_read && other->kind.kind == ContentKind::json;
  const ReadStatus status = reader_.read(side.kind, side.text, grpc, limits_.document,
                                         side.document, is_like ? &other->document : nullptr);
  side.is_read = status == ReadStatus::ok;
  side.invalid = status == ReadStatus::invalid && !untyped;
  if (status == ReadStatus::invalid) {
    const bool is_text = is_plain_text(side.text);
    side.kind.kind = is_text ? ContentKind::text : ContentKind::binary;
  }
}

void Comparer::look_for_unseen_rules() {
  for (const Side* side : {&left_, &right_}) {
    if (side->is_read) look_.look_through(*rules_, side->document, *hits_);
  }
}

// Whether one side has no body at all.
bool Comparer::compare_presence() {
  if (!left_.text.empty() && !right_.text.empty()) return false;
  settle(Settled::digest);
  const bool added = left_.text.empty();
  const int32_t rule = added && rules_->subset() ? kSubsetMode : kNoRule;
  findings_.add_named(kBody, added ? Kind::added : Kind::removed, left_.text, right_.text, rule);
  return true;
}

void Comparer::compare_read_sides() {
  Result& result = findings_.result();
  result.left_invalid = left_.invalid;
  result.right_invalid = right_.invalid;
  result.limits.add(left_.document.limits());
  result.limits.add(right_.document.limits());
  const ContentKind left_kind = left_.kind.kind;
  const ContentKind right_kind = right_.kind.kind;
  if (compare_presence()) return;
  if (left_kind != right_kind) {
    settle(left_.is_read && right_.is_read ? Settled::tree : Settled::text);
    findings_.add_named(kBody, Kind::type, to_string(left_kind), to_string(right_kind));
  } else if (left_.is_read && right_.is_read) {
    settle(Settled::tree);
    trees_.run(left_.document, right_.document, *rules_, *hits_, findings_,
               {left_kind != ContentKind::grpc, left_kind == ContentKind::xml});
  } else if (left_kind == ContentKind::binary || left_kind == ContentKind::grpc) {
    compare_digests(left_.text.size(), digest_of(left_.text), right_.text.size(),
                    digest_of(right_.text));
  } else {
    settle(Settled::text);
    texts_.run(left_.text, right_.text, *rules_, findings_);
  }
}

}  // namespace gnomon::compare
