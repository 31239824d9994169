// The fields a gateway adds so that backends know who called: X-Forwarded-For, X-Forwarded-Proto
// and X-Request-Id.
#pragma once

#include <string>
#include <string_view>

#include "base/rng.h"
#include "msg/head.h"

namespace gnomon::proxy {

// Appends the client's address to X-Forwarded-For, sets X-Forwarded-Proto to how the client reached
// us, and gives the request an id unless it brought one.
void add_identity(RequestHead& head, std::string_view client_ip, Rng& rng);

// A random UUID (version 4, RFC 9562), 36 characters.
std::string make_request_id(Rng& rng);

}  // namespace gnomon::proxy
