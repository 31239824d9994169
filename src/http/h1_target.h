// Request targets and authorities (RFC 9112 section 3.2, RFC 3986 section 3.2).
#pragma once

#include <string_view>

#include "http/h1_common.h"
#include "msg/head.h"

namespace gnomon::http {

// `host [":" port]` without userinfo. Stricter than RFC 3986: a name has only letters, digits, "-",
// "." and "_", no empty label and at most 255 bytes; a port is a number up to 65535. An empty
// port, as in "host:", is for without_empty_port() to take off before.
bool valid_authority(std::string_view authority) noexcept;

// Without the colon of an empty port.
std::string_view without_empty_port(std::string_view authority) noexcept;

// Equal without regard to case and to a port that is the default one of `scheme`.
bool same_authority(std::string_view a, std::string_view b, std::string_view scheme) noexcept;

// A request target taken apart. Views point into the target or to static storage.
struct Target {
  std::string_view scheme;     // of absolute-form: "http" or "https"; else empty
  std::string_view authority;  // of absolute-form
  std::string_view path;       // origin-form or "*"; in absolute-form what follows the authority,
                               // which begins with "?" if the target has a query but no path
};

// False when the target has no form that `method` allows; error.status is then 400. CONNECT (501)
// and TRACE (405) are refused whatever their target.
bool parse_target(Method method, std::string_view text, Target& target, ProtocolError& error);

}  // namespace gnomon::http
