// Signals as events of the control loop.
#pragma once

#include <functional>

#include "net/event_loop.h"

namespace gnomon::app {

// Must exist before any thread is started: threads inherit which signals are blocked.
class Signals final : private net::IoHandler {
 public:
  struct Actions {
    std::function<void()> stop;    // SIGTERM, SIGINT
    std::function<void()> reload;  // SIGHUP
    std::function<void()> reopen;  // SIGUSR1: log files were moved away
  };
  Signals(net::EventLoop& loop, Actions actions);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void on_io(uint32_t events) override;

  net::EventLoop& loop_;
  const Actions actions_;
  int fd_;
  uint64_t token_ = 0;
};

}  // namespace gnomon::app
