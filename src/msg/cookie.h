// The Cookie field of requests and Set-Cookie of responses (RFC 6265 section 4).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "msg/headers.h"

namespace gnomon {

// The first cookie of that name without the quotes around it, or "".
std::string_view find_cookie(const Headers& headers, std::string_view name) noexcept;

// A value for Set-Cookie. Without a max-age, or with one of zero, the cookie lasts for the session.
std::string set_cookie_value(std::string_view name, std::string_view value, std::string_view path,
                             std::chrono::seconds max_age);

}  // namespace gnomon
