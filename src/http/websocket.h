// What the opening handshake of WebSocket has in HTTP/1 (RFC 6455 section 4) and not in HTTP/2
// (RFC 8441).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "msg/head.h"

namespace gnomon::http {

// Gives an upgrade to WebSocket the key that an HTTP/1 backend asks for. It only has to differ from
// request to request.
void add_websocket_key(RequestHead& head, uint64_t connection, uint64_t stream);

// The Sec-WebSocket-Accept that answers a key.
std::string websocket_accept(std::string_view key);

}  // namespace gnomon::http
