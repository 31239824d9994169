// The other direction of content_decoding, for tests and fuzzers.
#pragma once

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

#include "compare/content_decoding.h"

namespace gnomon::compare::testing {

inline std::string deflated(std::string_view bytes, int window_bits, int level = 6) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string gzipped(std::string_view bytes) { return deflated(bytes, 16 + MAX_WBITS); }
inline std::string zlibbed(std::string_view bytes) { return deflated(bytes, MAX_WBITS); }
inline std::string raw_deflated(std::string_view bytes, int level = 6) {
  return deflated(bytes, -MAX_WBITS, level);
}

inline std::string brotlied(std::string_view bytes) {
  size_t size = BrotliEncoderMaxCompressedSize(bytes.size()) + 16;
  std::string out(size, '\0');
  BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, bytes.size(),
                        reinterpret_cast<const uint8_t*>(bytes.data()), &size,
                        reinterpret_cast<uint8_t*>(out.data()));
  out.resize(size);
  return out;
}

inline std::string zstded(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

inline std::string encoded(Coding coding, std::string_view bytes) {
  switch (coding) {
    case Coding::gzip:
      return gzipped(bytes);
    case Coding::deflate:
      return zlibbed(bytes);
    case Coding::brotli:
      return brotlied(bytes);
    case Coding::zstd:
      break;
  }
  return zstded(bytes);
}

inline std::string encoded(const ContentEncoding& encoding, std::string_view bytes) {
  std::string out(bytes);
  for (const Coding coding : encoding.applied) out = encoded(coding, out);
  return out;
}

}  // namespace gnomon::compare::testing
