// What both directions of the HTTP/1.1 codec share: limits, events, errors.
#pragma once

#include <cstdint>
#include <string>

namespace gnomon::http {

// Sizes beyond which a message is refused. They bound the memory that an unfinished message holds.
struct H1Limits {
  // Request or status line with its CRLF. RFC 9112 section 3 asks for 8000 at least. Requests: 414.
  uint32_t start_line_bytes = 16384;
  // Start line, fields and the empty line together. Requests: 431.
  uint32_t head_bytes = 61440;
  // Field lines in a head. Requests: 431.
  uint32_t fields = 100;
  // The trailer section with its empty line. Requests: 431.
  uint32_t trailer_bytes = 16384;
  uint32_t trailer_fields = 32;
  // Bytes of chunk extensions in one whole body, so that extensions cannot outweigh the data.
  uint32_t chunk_extension_bytes = 1024;
  // Empty lines before a request line; RFC 9112 section 2.2 asks for at least one.
  uint32_t leading_empty_lines = 4;
  // 1xx responses before one final response.
  uint32_t interim_responses = 100;
};

// What to do with field names that have an underscore, which some servers take for a hyphen.
enum class Underscores : uint8_t { allow, reject, drop };

// What of HTTP is spoken with clients, beyond sizes.
struct H1RequestRules {
  bool accept_http10 = true;
  std::string default_host;  // of HTTP/1.0 requests without Host; empty: they stay without
  Underscores underscores = Underscores::allow;
};

// Why a message was refused. `status` is what to answer the client with: the parser of requests
// says 4xx or 5xx, the parser of responses always 502.
struct ProtocolError {
  uint16_t status = 400;
  const char* detail = "";  // static text without any bytes of the message, safe to log
};

enum class H1Event : uint8_t {
  need_data,  // all bytes are consumed and nothing more can be said
  head,
  body,
  end,
  error,
};

// What a scanner that can be resumed says about the bytes so far.
enum class Scan : uint8_t { more, done, failed };

}  // namespace gnomon::http
