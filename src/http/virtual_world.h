// A loop in virtual time with a network in memory, for tests of connections.
#pragma once

#include "http/read_buffer.h"
#include "net/memory.h"

namespace gnomon::http {

class VirtualWorld {
 protected:
  // Turns at the same instant.
  void settle() {
    for (int i = 0; i < 50; ++i) loop.run_once(Duration::zero());
  }
  // Lets time pass, with everything that happens in it.
  void advance(Duration by) {
    const TimePoint end = clock.now() + by;
    while (clock.now() < end) {
      loop.run_once(end - clock.now());
      settle();
    }
    settle();
  }

  ManualClock clock;
  net::VirtualPoller poller{clock};
  net::EventLoop loop{clock, poller};
  net::MemoryNetwork network{loop};
  ReadBuffer read_buffer;
};

}  // namespace gnomon::http
