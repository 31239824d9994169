// Byte classes of HTTP/1.1 and the loops that run over them. Each loop stops at the first byte
// outside its class, or at the end.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gnomon::http {

enum ByteClass : uint8_t {
  kToken = 1,    // tchar (RFC 9110 section 5.6.2)
  kValue = 2,    // field-vchar, obs-text, SP and HTAB (RFC 9110 section 5.5)
  kTarget = 4,   // visible ASCII without "#" and "\": RFC 3986, and what clients send unescaped
  kHost = 8,     // letters, digits, "-", "." and "_"
  kQuoted = 16,  // qdtext (RFC 9110 section 5.6.4)
};

constexpr std::array<uint8_t, 256> make_byte_classes() {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const bool visible = c > 0x20 && c < 0x7f;
    const auto in = [c](std::string_view set) {
      return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    uint8_t bits = 0;
    if (alpha || digit || in("!#$%&'*+-.^_`|~")) bits |= kToken;
    if (visible || c >= 0x80 || c == ' ' || c == '\t') bits |= kValue;
    if (visible && c != '#' && c != '\\') bits |= kTarget;
    if (alpha || digit || in("-._")) bits |= kHost;
    if ((bits & kValue) != 0 && c != '"' && c != '\\') bits |= kQuoted;
    classes[c] = bits;
  }
  return classes;
}
inline constexpr std::array<uint8_t, 256> kByteClasses = make_byte_classes();

inline bool is(char c, ByteClass wanted) noexcept {
  return (kByteClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}
inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline bool is_ows(char c) noexcept { return c == ' ' || c == '\t'; }

inline const char* skip(const char* p, const char* end, ByteClass wanted) noexcept {
  while (p != end && is(*p, wanted)) ++p;
  return p;
}
#ifdef __SSE2__
// One bit per byte outside kValue.
inline unsigned not_value_mask(const char* p) noexcept {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
  const __m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
  const __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del)));
}
// One bit per byte outside kTarget. The comparison is signed, which rules out 0x80 and above.
inline unsigned not_target_mask(const char* p) noexcept {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i high = _mm_cmpgt_epi8(v, _mm_set1_epi8(0x20));
  const __m128i bad = _mm_or_si128(
      _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)),
      _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('#')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(bad, high))) ^ 0xffffU;
}
// One bit per byte that is no letter, digit, "-" or "_": nearly every name is made of these.
inline unsigned not_plain_mask(const char* p) noexcept {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
  const __m128i plain = _mm_or_si128(
      _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
                   _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit)),
      _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')), _mm_cmpeq_epi8(v, _mm_set1_epi8('_'))));
  return static_cast<unsigned>(_mm_movemask_epi8(plain)) ^ 0xffffU;
}
#endif

inline const char* skip_token(const char* p, const char* end) noexcept {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    if (const unsigned mask = not_plain_mask(p); mask != 0) {
      p += std::countr_zero(mask);
      break;
    }
  }
#endif
  return skip(p, end, kToken);
}

inline const char* skip_value(const char* p, const char* end) noexcept {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    if (const unsigned mask = not_value_mask(p); mask != 0) return p + std::countr_zero(mask);
  }
#endif
  return skip(p, end, kValue);
}

inline const char* skip_target(const char* p, const char* end) noexcept {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    if (const unsigned mask = not_target_mask(p); mask != 0) return p + std::countr_zero(mask);
  }
#endif
  return skip(p, end, kTarget);
}

// Whether all `n` bytes are of the class. Up to 15 bytes behind them must be readable.
inline bool all_value_padded(const char* p, size_t n) noexcept {
#ifdef __SSE2__
  for (; n > 16; p += 16, n -= 16) {
    if (not_value_mask(p) != 0) return false;
  }
  return (not_value_mask(p) & ((1U << n) - 1)) == 0;
#else
  return skip(p, p + n, kValue) == p + n;
#endif
}

inline bool all_token_padded(const char* p, size_t n) noexcept {
#ifdef __SSE2__
  const char* const end = p + n;
  const char* at = p;
  while (end - at > 16 && not_plain_mask(at) == 0) at += 16;
  const auto left = static_cast<size_t>(end - at);
  if (left <= 16 && (not_plain_mask(at) & ((1U << left) - 1)) == 0) return true;
#endif
  return skip_token(p, p + n) == p + n;
}

inline bool all_value(std::string_view s) noexcept {
  return skip_value(s.data(), s.data() + s.size()) == s.data() + s.size();
}

inline std::string_view trim_ows(std::string_view s) noexcept {
  while (!s.empty() && is_ows(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_ows(s.back())) s.remove_suffix(1);
  return s;
}

// Takes the next member off a comma-separated list (RFC 9110 section 5.6.1); members may be empty.
inline std::string_view next_member(std::string_view& list) noexcept {
  const size_t comma = list.find(',');
  const std::string_view member = trim_ows(list.substr(0, comma));
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return member;
}

}  // namespace gnomon::http
