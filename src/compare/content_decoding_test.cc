#include "compare/content_decoding.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "compare/coding_testing.h"

namespace gnomon::compare {
namespace {

using testing::brotlied;
using testing::encoded;
using testing::gzipped;
using testing::raw_deflated;
using testing::zlibbed;
using testing::zstded;

std::string noise(size_t size) {
  Rng rng(7);
  std::string out;
  for (size_t i = 0; i < size; ++i) out.push_back(static_cast<char>('a' + rng.below(20)));
  return out;
}

DecodedContent decode(std::string_view names, std::string_view body, DecodingLimits limits = {}) {
  return decode_content(parse_content_encoding(names, limits.codings), body, limits);
}

TEST(ContentEncoding, is_a_list_of_names_in_any_case) {
  EXPECT_EQ(parse_content_encoding(" GZip , x-gzip,br, ,identity,zstd", 8).applied,
            (std::vector<Coding>{Coding::gzip, Coding::gzip, Coding::brotli, Coding::zstd}));
  EXPECT_TRUE(parse_content_encoding("", 8).identity());
  EXPECT_TRUE(parse_content_encoding("identity", 8).identity());
  const ContentEncoding unknown = parse_content_encoding("gzip, compress, dcb", 8);
  EXPECT_EQ(unknown.unknown, "compress");
  EXPECT_FALSE(unknown.identity());
  EXPECT_EQ(parse_content_encoding(std::string(100, 'x'), 8).unknown, std::string(32, 'x'));
}

TEST(ContentDecoding, undoes_every_coding) {
  const std::string text = noise(100'000);
  for (const auto& [name, body] : std::initializer_list<std::pair<const char*, std::string>>{
           {"gzip", gzipped(text)},
           {"x-gzip", gzipped(text)},
           {"deflate", zlibbed(text)},
           {"deflate", raw_deflated(text)},
           {"deflate", raw_deflated(text, 0)},
           {"br", brotlied(text)},
           {"zstd", zstded(text)},
           {"identity", text},
           {"gzip, br", brotlied(gzipped(text))},
           {"br, identity, zstd, deflate", zlibbed(zstded(brotlied(text)))}}) {
    const DecodedContent out = decode(name, body);
    EXPECT_EQ(out.state, DecodingState::decoded) << name;
    EXPECT_EQ(out.bytes, text) << name;
  }
}

TEST(ContentDecoding, is_the_same_however_the_input_is_cut) {
  const std::string text = noise(3000);
  for (const char* name : {"gzip", "deflate", "br", "zstd", "gzip,zstd"}) {
    const ContentEncoding encoding = parse_content_encoding(name, 4);
    ContentDecoder decoder(encoding, {});
    std::string out;
    for (const char byte : encoded(encoding, text)) decoder.feed({&byte, 1}, out);
    EXPECT_EQ(decoder.finish(), DecodingState::decoded) << name;
    EXPECT_EQ(out, text) << name;
  }
}

TEST(ContentDecoding, takes_streams_that_follow_each_other) {
  EXPECT_EQ(decode("gzip", gzipped("one ") + gzipped("") + gzipped("two")).bytes, "one two");
  EXPECT_EQ(decode("zstd", zstded("one ") + zstded("two")).bytes, "one two");
}

TEST(ContentDecoding, of_an_empty_body_is_empty) {
  for (const char* name : {"gzip", "deflate", "br", "zstd", "identity"}) {
    const DecodedContent out = decode(name, "");
    EXPECT_EQ(out.state, DecodingState::decoded) << name;
    EXPECT_EQ(out.bytes, "") << name;
  }
  EXPECT_EQ(decode("gzip", gzipped("")).state, DecodingState::decoded);
  EXPECT_EQ(decode("br", brotlied("")).state, DecodingState::decoded);
  EXPECT_EQ(decode("zstd", zstded("")).state, DecodingState::decoded);
}

TEST(ContentDecoding, says_where_the_input_stops_short) {
  const std::string text = noise(5000);
  for (const char* name : {"gzip", "deflate", "br", "zstd", "br,gzip"}) {
    const std::string whole = encoded(parse_content_encoding(name, 4), text);
    for (const size_t size : {size_t{1}, size_t{2}, whole.size() / 2, whole.size() - 1}) {
      EXPECT_EQ(decode(name, whole.substr(0, size)).state, DecodingState::truncated)
          << name << " " << size << " of " << whole.size();
    }
  }
}

TEST(ContentDecoding, says_that_the_input_is_something_else) {
  const std::string text = noise(5000);
  for (const char* name : {"gzip", "deflate", "br", "zstd"}) {
    const std::string whole = encoded(parse_content_encoding(name, 4), text);
    EXPECT_EQ(decode(name, R"({"error": "not compressed at all"})").state, DecodingState::corrupt)
        << name;
    EXPECT_EQ(decode(name, whole + "trailing bytes").state, DecodingState::corrupt) << name;
  }
  std::string wrong_sum = gzipped(text);
  wrong_sum[wrong_sum.size() - 5] ^= 1;
  EXPECT_EQ(decode("gzip", wrong_sum).state, DecodingState::corrupt);
}

TEST(ContentDecoding, stops_at_the_size_that_it_was_given) {
  DecodingLimits limits;
  limits.output_bytes = 1000;
  const std::string text = noise(1001);
  for (const char* name : {"gzip", "deflate", "br", "zstd", "identity", "br,gzip"}) {
    const ContentEncoding encoding = parse_content_encoding(name, 4);
    const DecodedContent over = decode(name, encoded(encoding, text), limits);
    EXPECT_EQ(over.state, DecodingState::too_large) << name;
    EXPECT_LE(over.bytes.size(), 1000u) << name;
    EXPECT_EQ(decode(name, encoded(encoding, text.substr(1)), limits).state, DecodingState::decoded)
        << name;
  }
}

TEST(ContentDecoding, stops_at_bombs) {
  const std::string zeros(size_t{4} << 20, '\0');
  for (const char* name : {"gzip", "deflate", "br", "zstd"}) {
    EXPECT_EQ(decode(name, encoded(parse_content_encoding(name, 4), zeros)).state,
              DecodingState::too_dense)
        << name;
  }
  // The large layer may lie between two codings.
  const std::string inner = gzipped(zeros);
  EXPECT_EQ(decode("gzip,gzip", gzipped(inner)).state, DecodingState::too_dense);
  const std::string small(kRatioFree, '\0');
  EXPECT_EQ(decode("gzip", gzipped(small)).state, DecodingState::decoded);
}

TEST(ContentDecoding, refuses_a_window_beyond_what_HTTP_allows) {
  // A frame head that asks for a window of 16 MiB: magic, descriptor, window descriptor.
  const std::string head("\x28\xb5\x2f\xfd\x00\x70", 6);
  EXPECT_EQ(decode("zstd", head + std::string("\x01\x00\x00", 3)).state, DecodingState::corrupt);
  const std::string allowed("\x28\xb5\x2f\xfd\x00\x68", 6);
  EXPECT_EQ(decode("zstd", allowed + std::string("\x01\x00\x00", 3)).state, DecodingState::decoded);
}

TEST(ContentDecoding, knows_frames_of_today_s_zstd_only) {
  const std::string before_1_0("\x26\xb5\x2f\xfd\x01\x00\x00\x00", 8);
  EXPECT_EQ(decode("zstd", before_1_0).state, DecodingState::corrupt);
  const std::string skippable("\x5f\x2a\x4d\x18\x02\x00\x00\x00hi", 10);
  EXPECT_EQ(decode("zstd", skippable + zstded("one") + skippable).bytes, "one");
}

TEST(ContentDecoding, refuses_what_it_cannot_undo) {
  EXPECT_EQ(decode("gzip,compress", "x").state, DecodingState::unknown_coding);
  EXPECT_EQ(decode("gzip,gzip,gzip,gzip,gzip", "x").state, DecodingState::too_many_codings);
  EXPECT_EQ(decode("compress", "x").bytes, "");
}

}  // namespace
}  // namespace gnomon::compare
