// What bounds a comparison. Reaching a bound is a result of its own, never silence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gnomon::compare {

enum class Limit : uint8_t {
  depth,          // a document is nested deeper than is read
  nodes,          // it has more values than are read
  text_bytes,     // it needs more memory than a document may have
  body_capture,   // a body is longer than what was captured of it
  decompression,  // decoding it went past the limit of size or of ratio
  edit_distance,  // two sequences differ too much to be aligned; compared by position instead
  differences,    // more differences than are listed; the others are counted
  memory,         // a body had to be let go, as answers that wait had taken all that they may
};
inline constexpr std::array<std::string_view, 8> kLimitNames = {
    "depth",         "nodes",        "textBytes",   "bodyCapture",
    "decompression", "editDistance", "differences", "memoryPressure"};

// Which limits were reached.
class LimitSet {
 public:
  void add(Limit limit) noexcept { bits_ |= bit(limit); }
  void add(LimitSet other) noexcept { bits_ |= other.bits_; }
  bool has(Limit limit) const noexcept { return (bits_ & bit(limit)) != 0; }
  bool empty() const noexcept { return bits_ == 0; }
  std::vector<std::string_view> names() const {
    std::vector<std::string_view> out;
    for (size_t i = 0; i < kLimitNames.size(); ++i) {
      if (has(static_cast<Limit>(i))) out.push_back(kLimitNames[i]);
    }
    return out;
  }

 private:
  static uint8_t bit(Limit limit) noexcept {
    return static_cast<uint8_t>(1U << static_cast<uint8_t>(limit));
  }
  uint8_t bits_ = 0;
};

struct DocumentLimits {
  uint32_t depth = 256;
  uint32_t nodes = 1 << 20;
  size_t text_bytes = size_t{16} << 20;  // held by the document beside its nodes
};

}  // namespace gnomon::compare
