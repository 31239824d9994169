#include "compare/content_decoding.h"

#include <algorithm>
#include <utility>

#include "msg/headers.h"

namespace gnomon::compare {
namespace {

// The ratio is asked whenever this many bytes have come in, so that the answer is the same however
// the input was cut.
constexpr size_t kRatioStep = 4096;
constexpr size_t kBuffer = size_t{16} << 10;
constexpr size_t kMaxUnknownName = 32;

std::string_view trim(std::string_view text) noexcept {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct NamedCoding {
  std::string_view name;
  Coding coding;
};
constexpr NamedCoding kCodings[] = {{"gzip", Coding::gzip},
                                    {"x-gzip", Coding::gzip},  // RFC 9110 section 8.4.1.3
                                    {"deflate", Coding::deflate},
                                    {"br", Coding::brotli},
                                    {"zstd", Coding::zstd}};

std::unique_ptr<CodingStage> make_stage(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return make_gzip_stage();
    case Coding::deflate:
      return make_deflate_stage();
    case Coding::brotli:
      return make_brotli_stage();
    case Coding::zstd:
      break;
  }
  return make_zstd_stage();
}

void add_coding(ContentEncoding& encoding, std::string_view name, uint32_t max_codings) {
  if (name.empty() || equals_ignore_case(name, "identity")) return;
  const auto* known = std::ranges::find_if(kCodings, [&](const NamedCoding& candidate) {
    return equals_ignore_case(candidate.name, name);
  });
  if (known == std::end(kCodings)) {
    if (encoding.unknown.empty()) encoding.unknown = name.substr(0, kMaxUnknownName);
  } else if (encoding.applied.size() == max_codings) {
    encoding.too_many = true;
  } else {
    encoding.applied.push_back(known->coding);
  }
}

}  // namespace

std::string_view to_string(DecodingState state) noexcept {
  switch (state) {
    case DecodingState::decoded:
      return "decoded";
    case DecodingState::truncated:
      return "truncated";
    case DecodingState::corrupt:
      return "corrupt";
    case DecodingState::too_large:
      return "too_large";
    case DecodingState::too_dense:
      return "too_dense";
    case DecodingState::too_many_codings:
      return "too_many_codings";
    case DecodingState::unknown_coding:
      return "unknown_coding";
  }
  return "corrupt";
}

ContentEncoding parse_content_encoding(std::string_view value, uint32_t max_codings) {
  ContentEncoding encoding;
  while (!value.empty()) {
    const size_t comma = value.find(',');
    add_coding(encoding, trim(value.substr(0, comma)), max_codings);
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
  }
  return encoding;
}

ContentDecoder::ContentDecoder(const ContentEncoding& encoding, const DecodingLimits& limits)
    : limits_(limits) {
  if (encoding.too_many || encoding.applied.size() > limits.codings) {
    state_ = DecodingState::too_many_codings;
  } else if (!encoding.unknown.empty()) {
    state_ = DecodingState::unknown_coding;
  } else {
    for (auto coding = encoding.applied.rbegin(); coding != encoding.applied.rend(); ++coding) {
      stages_.push_back(make_stage(*coding));
    }
    made_.resize(stages_.size());
  }
}

DecodingState ContentDecoder::feed(std::string_view in, std::string& out) {
  while (state_ == DecodingState::decoded && !in.empty()) {
    const size_t piece = std::min<size_t>(in.size(), kRatioStep - in_ % kRatioStep);
    in_ += piece;
    state_ = push(0, in.substr(0, piece), out);
    in.remove_prefix(piece);
    if (state_ == DecodingState::decoded && in_ % kRatioStep == 0) state_ = check_ratio();
  }
  return state_;
}

DecodingState ContentDecoder::finish() {
  if (state_ != DecodingState::decoded) return state_;
  const bool complete = std::ranges::all_of(
      stages_, [](const std::unique_ptr<CodingStage>& stage) { return stage->complete(); });
  state_ = complete ? check_ratio() : DecodingState::truncated;
  return state_;
}

DecodingState ContentDecoder::push(size_t stage, std::string_view bytes, std::string& out) {
  if (stage == stages_.size()) {
    if (stages_.empty()) passed_ += bytes.size();
    if (passed_ > limits_.output_bytes) return DecodingState::too_large;
    out.append(bytes);
    return DecodingState::decoded;
  }
  char buffer[kBuffer];
  for (;;) {
    CodingStage::Out made{buffer, sizeof(buffer)};
    const CodingStage::Step step = stages_[stage]->step(bytes, made);
    if (made.made > 0) {
      made_[stage] += made.made;
      if (made_[stage] > limits_.output_bytes) return DecodingState::too_large;
      const DecodingState below = push(stage + 1, {buffer, made.made}, out);
      if (below != DecodingState::decoded) return below;
    }
    if (step == CodingStage::Step::corrupt) return DecodingState::corrupt;
    if (step == CodingStage::Step::hungry) return DecodingState::decoded;
  }
}

DecodingState ContentDecoder::check_ratio() const noexcept {
  const bool dense = std::ranges::any_of(
      made_, [&](uint64_t made) { return made > kRatioFree && made > in_ * limits_.ratio; });
  return dense ? DecodingState::too_dense : DecodingState::decoded;
}

DecodedContent decode_content(const ContentEncoding& encoding, std::string_view body,
                              const DecodingLimits& limits) {
  DecodedContent result;
  ContentDecoder decoder(encoding, limits);
  decoder.feed(body, result.bytes);
  result.state = decoder.finish();
  return result;
}

}  // namespace gnomon::compare
