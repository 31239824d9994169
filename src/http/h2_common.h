// What both directions of the HTTP/2 codec share: limits, and what the peer has overdone.
#pragma once

#include <cstdint>

namespace gnomon::http {

// Sizes beyond those of H1Limits, whose `head_bytes`, `fields`, `trailer_bytes`, `trailer_fields`
// and `interim_responses` hold for HTTP/2 too, counted after decompression.
struct H2Limits {
  // Exchanges at a time on one connection.
  uint32_t streams_max = 100;
  // How much of a body the peer may send ahead: of one stream while nobody takes it, and of all
  // streams of a connection between two of our reads.
  uint32_t stream_window = 65'536;
  uint32_t connection_window = 1'048'576;
};

// Why a connection was ended with ENHANCE_YOUR_CALM.
enum class H2Flood : uint8_t { none, resets, frames, replies, continuations };

}  // namespace gnomon::http
