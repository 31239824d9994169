// Hashes of values in documents: fast for the short texts that names and values are.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace gnomon::compare {

inline uint64_t mix(uint64_t a, uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9E3779B97F4A7C15) * (b ^ 0xE7037ED1A0B428DB);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t load64(const char* from) noexcept {
  uint64_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline uint64_t load32(const char* from) noexcept {
  uint32_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

uint64_t hash_long_text(std::string_view text, uint64_t seed) noexcept;

// Up to 16 bytes are two words that overlap, as in wyhash.
[[gnu::always_inline]] inline uint64_t hash_text(std::string_view text, uint64_t seed) noexcept {
  const char* const data = text.data();
  const size_t size = text.size();
  uint64_t a = 0;
  uint64_t b = 0;
  if (size > 16) return hash_long_text(text, seed);
  if (size >= 8) {
    a = load64(data);
    b = load64(data + size - 8);
  } else if (size >= 4) {
    a = load32(data);
    b = load32(data + size - 4);
  } else if (size > 0) {
    a = (static_cast<uint64_t>(static_cast<uint8_t>(data[0])) << 16) |
        (static_cast<uint64_t>(static_cast<uint8_t>(data[size / 2])) << 8) |
        static_cast<uint8_t>(data[size - 1]);
  }
  return mix(mix(a ^ seed, b + size), seed + size);
}

}  // namespace gnomon::compare
