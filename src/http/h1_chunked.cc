#include "http/h1_chunked.h"

#include <algorithm>
#include <limits>

#include "http/h1_bytes.h"
#include "http/h1_hop_fields.h"

namespace gnomon::http {
namespace {

// Sixteen digits say any size; more would only be leading zeros.
constexpr uint32_t kSizeDigitsMax = 16;
constexpr uint64_t kChunkBytesMax = std::numeric_limits<int64_t>::max();

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void ChunkedDecoder::start() {
  phase_ = Phase::size_first;
  size_digits_ = 0;
  extension_bytes_ = 0;
  remaining_ = 0;
  trailers_.clear();
}

H1Event ChunkedDecoder::next(Chunk& in, Chunk& data, ProtocolError& error) {
  for (;;) {
    Scan result = Scan::done;
    switch (phase_) {
      case Phase::data:
        if (in.empty()) return H1Event::need_data;
        data = in.split_front(std::min<uint64_t>(in.size(), remaining_));
        remaining_ -= data.size();
        if (remaining_ == 0) phase_ = Phase::data_cr;
        return H1Event::body;
      case Phase::data_cr:
      case Phase::data_lf:
        result = read_data_end(in, error);
        break;
      case Phase::trailers:
        return read_trailers(in, error);
      default:
        result = read_size_line(in, error);
        break;
    }
    if (result == Scan::more) return H1Event::need_data;
    if (result == Scan::failed) return H1Event::error;
  }
}

Scan ChunkedDecoder::read_data_end(Chunk& in, ProtocolError& error) {
  while (!in.empty()) {
    const char c = in.data()[0];
    if (c != (phase_ == Phase::data_cr ? '\r' : '\n')) {
      fail(error, "chunk data does not end in CRLF");
      return Scan::failed;
    }
    in.remove_prefix(1);
    if (phase_ == Phase::data_lf) {
      phase_ = Phase::size_first;
      return Scan::done;
    }
    phase_ = Phase::data_lf;
  }
  return Scan::more;
}

Scan ChunkedDecoder::read_size_line(Chunk& in, ProtocolError& error) {
  const char* p = in.data();
  const char* const end = p + in.size();
  for (; p != end; ++p) {
    if (phase_ == Phase::size_lf) {
      if (*p != '\n') {
        fail(error, "bare CR in a chunk line");
        return Scan::failed;
      }
      in.remove_prefix(static_cast<size_t>(p + 1 - in.data()));
      size_digits_ = 0;
      phase_ = remaining_ > 0 ? Phase::data : Phase::trailers;
      if (phase_ == Phase::trailers) fields_.start(0, limits_.trailer_fields);
      return Scan::done;
    }
    const bool ok = phase_ <= Phase::size ? size_byte(*p, error) : extension_byte(*p, error);
    if (!ok) return Scan::failed;
  }
  in.remove_prefix(in.size());
  return Scan::more;
}

bool ChunkedDecoder::size_byte(char c, ProtocolError& error) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++size_digits_ > kSizeDigitsMax) return fail(error, "too many digits in a chunk size");
    // Shifting loses no bit, because the digits are bounded.
    remaining_ = remaining_ << 4 | static_cast<uint64_t>(digit);
    if (remaining_ > kChunkBytesMax) return fail(error, "chunk size overflows");
    phase_ = Phase::size;
    return true;
  }
  if (phase_ == Phase::size_first) return fail(error, "chunk size without a digit");
  if (c == '\r') {
    phase_ = Phase::size_lf;
    return true;
  }
  phase_ = Phase::ext_quoted_end;  // what may follow a size may follow a whole extension
  return extension_byte(c, error);
}

// chunk-ext of RFC 9112 section 7.1.1: *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted ) ] )
bool ChunkedDecoder::extension_byte(char c, ProtocolError& error) {
  constexpr const char* kMalformed = "malformed chunk extension";
  const bool space = is_ows(c);
  const bool token = is(c, kToken);
  bool ends_line = false;
  switch (phase_) {
    case Phase::ext_quoted_end:
      ends_line = c == '\r';
      if (!ends_line && !space && c != ';') return fail(error, kMalformed);
      phase_ = c == ';' ? Phase::ext_name_first : Phase::ext_space;
      break;
    case Phase::ext_space:
      if (!space && c != ';') return fail(error, kMalformed);
      if (c == ';') phase_ = Phase::ext_name_first;
      break;
    case Phase::ext_name_first:
      if (!space && !token) return fail(error, kMalformed);
      if (token) phase_ = Phase::ext_name;
      break;
    case Phase::ext_name:
      ends_line = c == '\r';
      if (token || ends_line) break;
      if (!space && c != '=' && c != ';') return fail(error, kMalformed);
      phase_ = space ? Phase::ext_name_space
                     : (c == '=' ? Phase::ext_value_first : Phase::ext_name_first);
      break;
    case Phase::ext_name_space:
      if (!space && c != '=' && c != ';') return fail(error, kMalformed);
      if (c == '=') phase_ = Phase::ext_value_first;
      if (c == ';') phase_ = Phase::ext_name_first;
      break;
    case Phase::ext_value_first:
      if (!space && !token && c != '"') return fail(error, kMalformed);
      if (token) phase_ = Phase::ext_value;
      if (c == '"') phase_ = Phase::ext_quoted;
      break;
    case Phase::ext_value:
      ends_line = c == '\r';
      if (token || ends_line) break;
      if (!space && c != ';') return fail(error, kMalformed);
      phase_ = space ? Phase::ext_space : Phase::ext_name_first;
      break;
    case Phase::ext_quoted:
      if (c == '"') {
        phase_ = Phase::ext_quoted_end;
      } else if (c == '\\') {
        phase_ = Phase::ext_escape;
      } else if (!is(c, kQuoted)) {
        return fail(error, kMalformed);
      }
      break;
    case Phase::ext_escape:
      if (!is(c, kValue)) return fail(error, kMalformed);
      phase_ = Phase::ext_quoted;
      break;
    default:
      return fail(error, kMalformed);
  }
  if (ends_line) {
    phase_ = Phase::size_lf;
    return true;
  }
  if (++extension_bytes_ > limits_.chunk_extension_bytes) {
    return fail(error, "too many bytes of chunk extensions");
  }
  return true;
}

bool ChunkedDecoder::fail(ProtocolError& error, const char* detail) const noexcept {
  error = {400, detail};
  return false;
}

Scan ChunkedDecoder::scan(const char* base, size_t size) {
  const size_t limit = limits_.trailer_bytes;
  const Scan result = fields_.scan(base, std::min(size, limit), trailer_error_);
  if (result != Scan::more || size < limit) return result;
  trailer_error_ = {431, "trailer section too long"};
  return Scan::failed;
}

H1Event ChunkedDecoder::read_trailers(Chunk& in, ProtocolError& error) {
  if (in.empty()) return H1Event::need_data;
  Chunk section;
  switch (section_.feed(in, *this, section)) {
    case Scan::more:
      return H1Event::need_data;
    case Scan::failed:
      error = trailer_error_;
      return H1Event::error;
    case Scan::done:
      break;
  }
  for (const FieldSpan& field : fields_.fields()) {
    if (HopFields::owns(field.known)) {
      // Dropping them would do, but nobody honest sends them here.
      fail(error, "framing or connection field in a trailer section");
      return H1Event::error;
    }
    const std::string_view name = field.name_in(section.data());
    if (forbidden_in_trailers(field.known, name)) continue;
    if (trailers_.empty()) trailers_.adopt(section.block());
    trailers_.add_view(name, field.value_in(section.data()), field.known);
  }
  return H1Event::end;
}

}  // namespace gnomon::http
