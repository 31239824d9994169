// HTTP/2 frames made by hand, for tests. Fields are literals without Huffman code or tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gnomon::http {

enum H2FrameType : uint8_t {
  kH2Data = 0,
  kH2Headers = 1,
  kH2Reset = 3,
  kH2Settings = 4,
  kH2Ping = 6,
  kH2Goaway = 7,
  kH2WindowUpdate = 8,
};
inline constexpr uint8_t kH2EndStream = 1;
inline constexpr uint8_t kH2EndHeaders = 4;

using H2TestFields = std::vector<std::pair<std::string, std::string>>;

inline std::string h2_u32(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

inline std::string h2_frame(H2FrameType type, uint8_t flags, uint32_t stream,
                            std::string_view payload = {}) {
  std::string out = h2_u32(static_cast<uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  out += h2_u32(stream);
  return out.append(payload);
}

inline std::string h2_string(std::string_view s) {
  std::string out;
  if (s.size() < 127) {
    out += static_cast<char>(s.size());
  } else {
    out += '\x7f';
    size_t rest = s.size() - 127;
    for (; rest >= 128; rest /= 128) out += static_cast<char>(rest % 128 + 128);
    out += static_cast<char>(rest);
  }
  return out.append(s);
}

inline std::string h2_head(uint32_t stream, const H2TestFields& fields, bool end) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block.append(1, '\0').append(h2_string(name)).append(h2_string(value));
  }
  return h2_frame(kH2Headers, kH2EndHeaders | (end ? kH2EndStream : 0), stream, block);
}

inline H2TestFields h2_request(std::string method = "GET", std::string path = "/") {
  return {{":method", std::move(method)},
          {":scheme", "http"},
          {":authority", "a.example"},
          {":path", std::move(path)}};
}

inline std::string h2_hello() {
  return std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + h2_frame(kH2Settings, 0, 0);
}

}  // namespace gnomon::http
