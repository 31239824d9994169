// How the connections of one listener behave: the command line's settings, and what its Gateway
// says otherwise.
#pragma once

#include "http/server.h"
#include "routing/listener_settings.h"

namespace gnomon::app {

http::ServerSettings server_settings(const http::ServerSettings& defaults,
                                     const routing::ListenerSettings& listener);

}  // namespace gnomon::app
