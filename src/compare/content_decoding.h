// Undoes Content-Encoding (RFC 9110 section 8.4) piece by piece. What comes in was made by somebody
// else: every way in which it can be wrong, or too much, is a result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compare/coding_stage.h"

namespace gnomon::compare {

enum class Coding : uint8_t { gzip, deflate, brotli, zstd };

struct DecodingLimits {
  size_t output_bytes = size_t{8} << 20;  // of what comes out, and of what lies between two codings
  uint32_t ratio = 200;                   // bytes out for one byte in, beyond kRatioFree
  uint32_t codings = 4;
};

// Small answers may compress better than any ratio: "ratio" is not asked below this many bytes out.
constexpr size_t kRatioFree = size_t{64} << 10;

enum class DecodingState : uint8_t {
  decoded,
  truncated,         // ended in the middle
  corrupt,           // not what the coding's name promised, or something behind its end
  too_large,         // DecodingLimits::output_bytes
  too_dense,         // DecodingLimits::ratio
  too_many_codings,  // DecodingLimits::codings
  unknown_coding,
};
std::string_view to_string(DecodingState state) noexcept;

// The value of a Content-Encoding field, or of several joined with commas.
struct ContentEncoding {
  std::vector<Coding> applied;  // in the order in which they were applied; identity leaves no trace
  std::string unknown;          // the first name that nobody here knows, cut to 32 bytes
  bool too_many = false;

  bool identity() const noexcept { return applied.empty() && unknown.empty() && !too_many; }
};
ContentEncoding parse_content_encoding(std::string_view value, uint32_t max_codings);

class ContentDecoder {
 public:
  ContentDecoder(const ContentEncoding& encoding, const DecodingLimits& limits);

  // Appends what can be decoded by now. After anything but `decoded`, further input is ignored.
  DecodingState feed(std::string_view in, std::string& out);
  // The body has ended here.
  DecodingState finish();

 private:
  DecodingState push(size_t stage, std::string_view bytes, std::string& out);
  DecodingState check_ratio() const noexcept;

  DecodingLimits limits_;
  DecodingState state_ = DecodingState::decoded;
  uint64_t in_ = 0;
  std::vector<std::unique_ptr<CodingStage>>
      stages_;                  // the coding that was applied last comes first
  std::vector<uint64_t> made_;  // bytes that came out of each stage
  uint64_t passed_ = 0;         // bytes handed on without any coding
};

struct DecodedContent {
  DecodingState state = DecodingState::decoded;
  std::string bytes;  // as far as it could be decoded
};
DecodedContent decode_content(const ContentEncoding& encoding, std::string_view body,
                              const DecodingLimits& limits);

}  // namespace gnomon::compare
