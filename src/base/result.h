// Errors on the request path are values. An Error is small, never allocates, and says which side
// it came from and whether the attempt may be repeated.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace gnomon {

enum class Errc : uint8_t {
  connect_refused,
  connect_timeout,
  connect_failed,  // any other reason a connection could not be made
  reset,           // the peer sent RST, or closed before it had answered
  truncated,       // the peer closed in the middle of a message
  protocol,        // the peer broke HTTP
  limit,           // a head, body or count exceeded its limit
  timeout,         // a deadline passed
  overflow,        // a queue or circuit breaker said no
  no_endpoint,     // nothing to send to
  canceled,        // we gave up on purpose
  shutdown,        // the process is stopping
  internal,
};

enum class Side : uint8_t { client, backend, internal };

// `if_reused`: safe to repeat only when the connection had served an exchange before, because the
// peer may have closed it while idle (RFC 9112 section 9.3.1).
enum class Retry : uint8_t { no, if_reused, yes };

struct Error {
  Errc code = Errc::internal;
  Side side = Side::internal;
  Retry retry = Retry::no;
  const char* detail = "";  // static storage
};

std::string_view to_string(Errc code) noexcept;

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace gnomon
