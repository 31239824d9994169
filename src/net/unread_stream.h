// A stream of which something was read already that is to be read again.
#pragma once

#include <memory>
#include <string>

#include "net/event_loop.h"
#include "net/proxy_protocol.h"
#include "net/stream.h"

namespace gnomon::net {

// Gives `left` before it reads on. Its peer is the client that the header names, if any.
std::unique_ptr<Stream> make_unread_stream(EventLoop& loop, std::unique_ptr<Stream> inner,
                                           std::string left, const ProxyHeader& header = {});

}  // namespace gnomon::net
