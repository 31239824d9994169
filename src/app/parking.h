// Connections that are over a limit, held for a while before they are closed, so that clients that
// try again at once are slowed down.
#pragma once

#include <memory>
#include <unordered_map>

#include "net/event_loop.h"
#include "net/graveyard.h"
#include "net/stream.h"
#include "net/timer.h"

namespace gnomon::app {

class Parking {
 public:
  explicit Parking(net::EventLoop& loop) : loop_(loop), graveyard_(loop) {}

  // Closes the stream after `delay`, or at once while too many are held already.
  // `held` goes with it.
  void park(std::unique_ptr<net::Stream> stream, std::shared_ptr<void> held, Millis delay);

 private:
  static constexpr size_t kParkedMax = 1024;
  struct Parked {
    Parked(Parking& parking, std::unique_ptr<net::Stream> parked_stream,
           std::shared_ptr<void> parked_held);
    std::shared_ptr<void> held;
    std::unique_ptr<net::Stream> stream;
    net::Timer timer;
  };

  void leave(Parked* parked);

  net::EventLoop& loop_;
  net::Graveyard<Parked> graveyard_;  // a timer must not be destroyed while it fires
  std::unordered_map<Parked*, std::unique_ptr<Parked>> parked_;
};

}  // namespace gnomon::app
