#include "http/websocket.h"

#include <array>
#include <bit>
#include <cstddef>
#include <span>

namespace gnomon::http {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string base64(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j) group = (group << 8) | (j < n ? bytes[i + j] : 0U);
    for (size_t j = 0; j < 4; ++j) out += j <= n ? kDigits[(group >> (18 - 6 * j)) & 63] : '=';
  }
  return out;
}

using Digest = std::array<uint32_t, 5>;

void sha1_block(Digest& state, const uint8_t* block) {
  std::array<uint32_t, 80> w{};
  for (size_t i = 0; i < 16; ++i) {
    w[i] = uint32_t{block[4 * i]} << 24 | uint32_t{block[4 * i + 1]} << 16 |
           uint32_t{block[4 * i + 2]} << 8 | block[4 * i + 3];
  }
  for (size_t i = 16; i < 80; ++i) {
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (size_t i = 0; i < 80; ++i) {
    uint32_t f = b ^ c ^ d;
    uint32_t k = i < 40 ? 0x6ED9EBA1 : 0xCA62C1D6;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999;
    } else if (i >= 40 && i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDC;
    }
    const uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const Digest added{a, b, c, d, e};
  for (size_t i = 0; i < 5; ++i) state[i] += added[i];
}

// SHA-1 proves nothing here: RFC 6455 only wants to see that the peer has read the key.
std::array<uint8_t, 20> sha1(std::string text) {
  const uint64_t bits = uint64_t{text.size()} * 8;
  text += '\x80';
  while (text.size() % 64 != 56) text += '\0';
  for (int i = 7; i >= 0; --i) text += static_cast<char>(bits >> (8 * i));
  Digest state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (size_t at = 0; at < text.size(); at += 64) {
    sha1_block(state, reinterpret_cast<const uint8_t*>(text.data()) + at);
  }
  std::array<uint8_t, 20> out{};
  for (size_t i = 0; i < 20; ++i) {
    out[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return out;
}

}  // namespace

void add_websocket_key(RequestHead& head, uint64_t connection, uint64_t stream) {
  if (!equals_ignore_case(head.upgrade, "websocket")) return;
  if (head.headers.find(std::string_view("sec-websocket-key")) != nullptr) return;
  std::array<uint8_t, 16> nonce{};
  for (size_t i = 0; i < 8; ++i) {
    nonce[i] = static_cast<uint8_t>(connection >> (8 * i));
    nonce[8 + i] = static_cast<uint8_t>(stream >> (8 * i));
  }
  head.headers.add("sec-websocket-key", base64(nonce));
}

std::string websocket_accept(std::string_view key) {
  return base64(sha1(std::string(key).append(kGuid)));
}

}  // namespace gnomon::http
