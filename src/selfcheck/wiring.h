// What everything borrows that speaks with the network here: one loop on the main thread.
#pragma once

#include "http/read_buffer.h"
#include "net/event_loop.h"
#include "net/stream.h"

namespace gnomon::selfcheck {

struct Wiring {
  net::EventLoop& loop;
  net::Network& network;
  http::ReadBuffer& read_buffer;
};

}  // namespace gnomon::selfcheck
