// The chunked transfer coding (RFC 9112 section 7.1), decoded in place.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "http/h1_common.h"
#include "http/h1_fields.h"
#include "http/h1_section.h"
#include "msg/headers.h"

namespace gnomon::http {

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const H1Limits& limits) : limits_(limits) {}

  void start();
  // need_data, body (`data` is then a slice of `in`), end or error.
  H1Event next(Chunk& in, Chunk& data, ProtocolError& error);
  // After end. Fields that a trailer may not carry are left out.
  Headers take_trailers() { return std::move(trailers_); }

  // Part of SectionBuffer's protocol, for the trailer section.
  Scan scan(const char* base, size_t size);
  size_t section_bytes() const noexcept { return fields_.position(); }

 private:
  enum class Phase : uint8_t {
    size_first,  // at least one digit is required
    size,
    ext_space,       // after the size or a whole extension, whitespace seen
    ext_name_first,  // after ";"
    ext_name,
    ext_name_space,
    ext_value_first,  // after "="
    ext_value,
    ext_quoted,
    ext_escape,
    ext_quoted_end,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailers,
  };

  // Consumes one line "size [extensions] CRLF" as far as it is there.
  Scan read_size_line(Chunk& in, ProtocolError& error);
  bool size_byte(char c, ProtocolError& error);
  bool extension_byte(char c, ProtocolError& error);
  bool fail(ProtocolError& error, const char* detail) const noexcept;
  Scan read_data_end(Chunk& in, ProtocolError& error);
  H1Event read_trailers(Chunk& in, ProtocolError& error);

  const H1Limits& limits_;
  Phase phase_ = Phase::size_first;
  uint32_t size_digits_ = 0;
  uint32_t extension_bytes_ = 0;  // in the whole body
  uint64_t remaining_ = 0;        // of the current chunk
  FieldScanner fields_;
  SectionBuffer section_;
  ProtocolError trailer_error_;
  Headers trailers_;
};

}  // namespace gnomon::http
