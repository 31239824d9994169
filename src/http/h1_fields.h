// Field lines of a head or trailer section (RFC 9112 section 5), strict: no folding, no bare CR or
// LF, no space around the name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "http/h1_common.h"
#include "msg/headers.h"

namespace gnomon::http {

// A field as offsets from the first byte of its section, which may still move.
struct FieldSpan {
  uint32_t name = 0;
  uint32_t name_bytes = 0;
  uint32_t value = 0;
  uint32_t value_bytes = 0;
  Known known = Known::none;

  std::string_view name_in(const char* base) const noexcept { return {base + name, name_bytes}; }
  std::string_view value_in(const char* base) const noexcept { return {base + value, value_bytes}; }
  // Whether the line reads "name: value" CR LF, with one space and no other blank.
  bool whole_line_in(const char* base) const noexcept {
    const uint32_t colon = name + name_bytes;
    return value == colon + 2 && base[colon + 1] == ' ' && base[value + value_bytes] == '\r';
  }
};

// Reads field lines up to and with the empty line. Resumable at every byte; no byte is looked at
// twice.
class FieldScanner {
 public:
  // The section's first field line begins `offset` bytes after the base.
  void start(uint32_t offset, uint32_t fields_max);
  // Looks at the first `size` bytes after `base`, which holds all bytes of earlier calls too.
  Scan scan(const char* base, size_t size, ProtocolError& error);

  // After done: the offset behind the empty line, and the fields.
  uint32_t position() const noexcept { return position_; }
  std::span<const FieldSpan> fields() const noexcept { return fields_; }

 private:
  enum class Phase : uint8_t { line, name, space, value, value_lf, end_lf };

  void finish_field(const char* base, uint32_t value_bytes);

  Phase phase_ = Phase::line;
  uint32_t position_ = 0;
  uint32_t fields_max_ = 0;
  // The field being read, in members apart: as one struct, the copy into the list would load what
  // was just stored in smaller parts, and wait for it.
  uint32_t name_ = 0;
  uint32_t name_bytes_ = 0;
  uint32_t value_ = 0;
  std::vector<FieldSpan> fields_;
};

}  // namespace gnomon::http
