// Codes of RST_STREAM and GOAWAY that we say or heed (RFC 9113 section 7).
#pragma once

#include <cstdint>

namespace gnomon::http {

inline constexpr uint32_t kNoError = 0;
inline constexpr uint32_t kProtocolError = 1;
inline constexpr uint32_t kInternalError = 2;
inline constexpr uint32_t kRefusedStream = 7;
inline constexpr uint32_t kCancel = 8;
inline constexpr uint32_t kEnhanceYourCalm = 11;

}  // namespace gnomon::http
