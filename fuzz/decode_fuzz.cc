// Content codings. The first byte says what to do with the rest: decode it as whatever chain of
// codings, or encode it first. Decoded means the same however it was cut, output is bounded, and
// what was encoded comes back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "compare/coding_testing.h"
#include "compare/content_decoding.h"

namespace gnomon::fuzz {
namespace {

using compare::Coding;
using compare::ContentDecoder;
using compare::ContentEncoding;
using compare::DecodedContent;
using compare::DecodingLimits;
using compare::DecodingState;

void require(bool holds) {
  if (!holds) std::abort();
}

ContentEncoding chain(uint8_t choice) {
  ContentEncoding encoding;
  encoding.applied.push_back(static_cast<Coding>(choice & 3U));
  if ((choice & 4U) != 0) encoding.applied.push_back(static_cast<Coding>((choice >> 3U) & 3U));
  return encoding;
}

DecodedContent decode_cut(const ContentEncoding& encoding, std::string_view body, size_t piece,
                          const DecodingLimits& limits) {
  DecodedContent result;
  ContentDecoder decoder(encoding, limits);
  while (!body.empty()) {
    decoder.feed(body.substr(0, piece), result.bytes);
    body.remove_prefix(std::min(piece, body.size()));
  }
  result.state = decoder.finish();
  return result;
}

void check_decoding(const ContentEncoding& encoding, std::string_view body) {
  DecodingLimits limits;
  limits.output_bytes = 300'000;
  const DecodedContent whole = compare::decode_content(encoding, body, limits);
  const DecodedContent cut = decode_cut(encoding, body, 1, limits);
  require(whole.bytes.size() <= limits.output_bytes && cut.bytes.size() <= limits.output_bytes);
  const bool decoded = whole.state == DecodingState::decoded;
  require(decoded == (cut.state == DecodingState::decoded));
  if (decoded) require(whole.bytes == cut.bytes);
}

void check_round_trip(const ContentEncoding& encoding, std::string_view text) {
  const std::string body = compare::testing::encoded(encoding, text);
  const DecodedContent back = decode_cut(encoding, body, 7, {});
  require(back.state == DecodingState::decoded && back.bytes == text);
}

}  // namespace
}  // namespace gnomon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const gnomon::compare::ContentEncoding encoding = gnomon::fuzz::chain(data[0]);
  if ((data[0] & 0x80U) != 0) {
    gnomon::fuzz::check_round_trip(encoding, rest);
  } else {
    gnomon::fuzz::check_decoding(encoding, rest);
  }
  return 0;
}
