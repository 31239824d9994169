// The head of a request or a response as a plain value, the same for every version of HTTP. Framing
// and connection fields are not in `headers`: codecs turn them into the members below and back.
#pragma once

#include <cstdint>
#include <string_view>

#include "msg/headers.h"

namespace gnomon {

enum class Version : uint8_t { http10, http11, http2 };

enum class Method : uint8_t { other, get, head, post, put, del, connect, options, trace, patch };

// Method names are case-sensitive (RFC 9110 section 9.1).
Method parse_method(std::string_view name) noexcept;
bool is_idempotent(Method method) noexcept;  // RFC 9110 section 9.2.2

// What body bytes follow the head.
enum class BodyKind : uint8_t {
  none,
  sized,        // exactly content_length bytes
  streamed,     // ends where the codec says so (chunked, END_STREAM); may carry trailers
  until_close,  // responses of HTTP/1 only: ends with the connection
};

constexpr int64_t kNoLength = -1;

// All views point into blocks held by `headers`, or to static storage.
struct RequestHead {
  Method method = Method::get;
  Version version = Version::http11;  // of the peer that sent it
  BodyKind body = BodyKind::none;
  bool expect_continue = false;  // Expect: 100-continue (RFC 9110 section 10.1.1)
  bool te_trailers = false;      // the sender takes trailers
  int64_t content_length = kNoLength;
  std::string_view method_name = "GET";
  std::string_view scheme = "http";
  std::string_view authority;   // Host or :authority; may be empty only for HTTP/1.0
  std::string_view path = "/";  // origin-form with its query, or "*"
  std::string_view upgrade;     // protocol the client offers to switch to; usually empty
  Headers headers;              // end-to-end fields without Host
};

struct ResponseHead {
  uint16_t status = 200;
  Version version = Version::http11;
  BodyKind body = BodyKind::none;
  int64_t content_length = kNoLength;  // may be set with BodyKind::none, as in an answer to HEAD
  std::string_view reason;             // as received; empty means the standard phrase
  std::string_view upgrade;            // in a 101: the protocol switched to
  Headers headers;
};

// The standard phrase of a status code, or "Unknown".
std::string_view reason_phrase(uint16_t status) noexcept;

// An authority split before its port, aware of IPv6 literals: "[::1]:80" -> "[::1]", ":80".
struct AuthorityParts {
  std::string_view host;
  std::string_view port;  // with its colon, or empty
};
AuthorityParts split_authority(std::string_view authority) noexcept;

// Path without its query.
std::string_view path_only(std::string_view path_and_query) noexcept;

}  // namespace gnomon
